"""Every moment at which a client can die, enumerated: see `points`."""
