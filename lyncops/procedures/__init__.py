"""Procedures: each section of the recovery guide as a pure function from a deployment to a plan.

What can be asked for is in `lyncops.plan.procedures`.
"""

from lyncops.procedures.catalogue import make_plan

__all__ = ["make_plan"]
