"""Checks: named questions to a deployment, each with a verdict, the evidence, the remedy and the
documented source.
"""
