"""Every procedure in turn, there and back again, on a simulated deployment: `scripts/demo.py
--all`.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

from stage import CONFIG, act, lab, promise, say, status

import lyncops
from lyncops.deployment.comparison import differences
from lyncops.plan.procedures import PROCEDURES

POOL1: Final = "pool1.contoso.com"
POOL2: Final = "pool2.contoso.com"
EDGE1: Final = "edge1.contoso.com"
EDGE2: Final = "edge2.contoso.com"
RATE: Final = 3000.0  # an hour passes in 1.2 s
PAUSED: Final = 5
PLANNED: Final = ("--mode", "planned")


def play(folder: Path) -> None:
    """All of them; at the end the deployment is as it was."""
    with lab(folder, rate=RATE):
        first = status(folder)
        look(folder)
        settings(folder)
        pools(folder)
        federation(folder)
        xmpp(folder)
        act("As it was")
        say(folder, "lab", "inject", "advance", "30m")
        found = differences(first, status(folder))
        promise(" ".join(("nothing differs from the beginning", *found)), holds=not found)
        missed = set(PROCEDURES) - played(folder)
        promise(f"every procedure was played {' '.join(sorted(missed))}".rstrip(), holds=not missed)


def look(folder: Path) -> None:
    """What can be known beforehand."""
    act("Could every pool be failed over right now? And are their copies fresh?")
    say(folder, "readiness")
    say(folder, "backup-service", "show")


def settings(folder: Path) -> None:
    """The Backup Service, databases, Edge pools and the store by themselves."""
    act("The Backup Service")
    say(folder, "backup-service", "set", "--sync-interval", "1m", "--yes")
    say(folder, "backup-service", "set", "--sync-interval", "2m", "--yes")
    say(folder, "backup-service", "sync", POOL1, "--yes")

    act("Mirrored databases")
    run(folder, "database-failover", POOL1, "--principal", "mirror")
    run(folder, "database-failover", POOL1, "--principal", "primary")

    act("An Edge pool leads to another pool, and a pool uses another Edge pool for media")
    run(folder, "edge-next-hop", EDGE2, "--next-hop", POOL1)
    run(folder, "edge-next-hop", EDGE2, "--next-hop", POOL2)
    run(folder, "edge-association", POOL1, "--edge", EDGE2)
    run(folder, "edge-association", POOL1, "--edge", EDGE1)

    act("The Central Management store by itself")
    run(folder, "management-store-failover", POOL1, *PLANNED)
    run(folder, "management-store-failover", POOL2, *PLANNED)


def pools(folder: Path) -> None:
    """A pool is failed over; everybody moves to it; everybody is back home."""
    act(
        "A pool fails over, and then everybody is served by it: the example of the guide's"
        " IMPORTANT box"
    )
    say(folder, "run", "pool-failover", POOL1, *PLANNED, "--rehearse")
    run(folder, "pool-failover", POOL1, *PLANNED)
    run(folder, "evacuate", POOL1, *PLANNED)
    run(folder, "pool-failback", POOL2, *PLANNED)
    run(folder, "conference-restore", POOL2)


def federation(folder: Path) -> None:
    """The Edge pool with federation dies; federation moves to another one, and back."""
    act("Federation moves to another Edge pool: what people do by hand are gates")
    run(folder, "edge-federation-failover", EDGE1, ends=PAUSED)
    by_hand(folder, "topology", "federation", EDGE1, "off")
    by_hand(folder, "topology", "federation", EDGE2, "on")
    resume(folder, ends=PAUSED)
    by_hand(folder, "setup", EDGE2)
    by_hand(folder, "advance", "10m")
    resume(folder)

    act("... and back")
    run(folder, "edge-federation-failback", EDGE1, ends=PAUSED)
    by_hand(folder, "topology", "federation", EDGE2, "off")
    by_hand(folder, "topology", "federation", EDGE1, "on")
    by_hand(folder, "setup", EDGE1)
    by_hand(folder, "advance", "10m")
    resume(folder)


def xmpp(folder: Path) -> None:
    """The same for XMPP, where DNS and the firewall are somebody else's."""
    act("XMPP moves to another Edge pool")
    by_hand(folder, "firewall", EDGE2, "5269", "open")
    by_hand(folder, "dns", "a", "xmpp.contoso.com", EDGE2)
    run(folder, "xmpp-failover", EDGE1, "--domain", "contoso.com")
    act("... and back")
    by_hand(folder, "dns", "a", "xmpp.contoso.com", EDGE1)
    run(folder, "xmpp-failback", EDGE1, "--domain", "contoso.com")
    by_hand(folder, "firewall", EDGE2, "5269", "closed")


def run(folder: Path, procedure: str, target: str, *options: str, ends: int = 0) -> None:
    """Run a procedure without being asked."""
    say(folder, "run", procedure, target, *options, "--yes", ends=ends)


def resume(folder: Path, *, ends: int = 0) -> None:
    """Go on with the latest run."""
    with lyncops.connect(folder / CONFIG) as client:
        latest = client.runs()[0].run_id
    say(folder, "resume", latest, ends=ends)


def by_hand(folder: Path, *deed: str) -> None:
    """Do what no cmdlet can: Topology Builder, setup, DNS, the firewall."""
    say(folder, "lab", "inject", *deed)


def played(folder: Path) -> set[str]:
    """The procedures in the journal."""
    with lyncops.connect(folder / CONFIG) as client:
        return {run.procedure for run in client.runs()}
