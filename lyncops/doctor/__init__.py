"""The doctor: is this deployment reachable and usable, before the first disaster."""
