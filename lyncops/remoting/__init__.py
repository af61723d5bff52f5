"""Remote PowerShell as Lync operators need it: endpoints, sessions, retries, and outcomes that are
never guessed.
"""
