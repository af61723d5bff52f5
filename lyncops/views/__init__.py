"""How plans, runs and readings look: blocks of text and tables, and JSON.

Every face renders the same.
"""
