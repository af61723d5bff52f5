"""PowerShell's own cmdlets as far as a Lync session needs them, and the proxies of restricted
sessions.
"""
