"""How long tests wait for what has to come."""

ENOUGH = 180.0  # seconds, which nothing takes that comes at all, however busy the machine is
