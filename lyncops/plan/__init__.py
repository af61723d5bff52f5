"""Plans: steps and conditions as immutable values that can be shown, saved, resumed by another
process.
"""
