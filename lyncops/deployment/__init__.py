"""The deployment: an immutable snapshot of what the servers said, and the reader that fills it."""
