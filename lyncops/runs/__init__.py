"""Runs: the only place with effects on Lync: runner, journal, lock, report."""
