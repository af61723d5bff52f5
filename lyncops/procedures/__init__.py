"""Procedures: each section of the recovery guide as a pure function from a deployment to a plan."""

from lyncops.procedures.catalogue import PROCEDURES, Procedure
from lyncops.procedures.request import ProcedureRequest

__all__ = ["PROCEDURES", "Procedure", "ProcedureRequest"]
