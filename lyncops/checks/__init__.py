"""Checks: named questions to a deployment, each answered with evidence, remedy and source. Pure functions."""
