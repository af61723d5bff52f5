"""The drill: a copy of the operator's own deployment in the lab, and a disaster rehearsed there.

with lyncops.connect() as client:  # or lyncops.from_snapshot("site.json")
    report = lyncops.drill.drill(client)
"""

from lyncops.drill.faults import Fault, Mishap
from lyncops.drill.matrix import SCOPE, drill
from lyncops.drill.report import Comparison, DrillReport, Worse
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
    "SCOPE",
    "Comparison",
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
