"""Words for people: durations, sentences that are said once, and text that has no power over a
terminal.
"""
