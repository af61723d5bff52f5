"""Which cmdlets there are, and how PowerShell binds arguments to their parameters."""
