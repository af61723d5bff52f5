"""What the cmdlets do to the model, by subject; `table` lists them all."""
