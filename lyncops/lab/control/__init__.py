"""What can be done to a lab that runs, by name, from this process or another."""
