"""The drill: the compose stack with the simulator, everything killed once while alerts flow, and what Slack got."""
