"""Lync cmdlets as typed values, and their results, by subject."""
