"""What runs newswatch on one machine without outside services: simulator, sample site, launcher."""
