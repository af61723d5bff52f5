"""The drill: a copy of the operator's own deployment in the lab, and a disaster rehearsed there.

snapshot = lyncops.from_snapshot("site.json").status()
report = lyncops.drill.drill(snapshot)
"""

from lyncops.drill.faults import Fault, Mishap
from lyncops.drill.matrix import DrillReport, Worse, drill
from lyncops.drill.story import (
    Disaster,
    Drill,
    Outcome,
    Part,
    disasters,
    loss_of_pool,
    loss_of_site,
)

__all__ = [
    "Disaster",
    "Drill",
    "DrillReport",
    "Fault",
    "Mishap",
    "Outcome",
    "Part",
    "Worse",
    "disasters",
    "drill",
    "loss_of_pool",
    "loss_of_site",
]
