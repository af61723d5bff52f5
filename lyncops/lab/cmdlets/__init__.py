"""The semantics of the cmdlets, by subject. Importing the package registers them all."""

from lyncops.lab.cmdlets import pools, topology

__all__ = ["pools", "topology"]
