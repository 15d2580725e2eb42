"""What every stage needs: services, the configuration in force, notices, leases, hosts."""
