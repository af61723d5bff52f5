"""The main job, on a simulated deployment: a site dies, is rescued over real WinRM, comes back, and
is failed back.

python3 scripts/demo.py          takes about a minute, once everything is installed
python3 scripts/demo.py --all    plays every procedure in turn instead, in less than three minutes

It needs nothing but Python 3.11 and pip.
The lab runs in a process of its own; all that lyncops knows of it came over encrypted WinRM
(CredSSP).
The exit code is 0 when everything was as promised.
"""

from __future__ import annotations

import bootstrap

if __name__ == "__main__":
    bootstrap.run_inside(__file__, "cli", "lab")

import sys
import tempfile
import time
from pathlib import Path
from typing import Final

import demo_procedures
from stage import CONFIG, BrokenPromiseError, act, lab, promise, say, status

import lyncops
from lyncops.deployment.comparison import differences
from lyncops.deployment.model import Deployment, PoolState
from lyncops.values import Fqdn

POOL1: Final = Fqdn("pool1.contoso.com")
POOL2: Final = Fqdn("pool2.contoso.com")
EDGE1: Final = Fqdn("edge1.contoso.com")
RETURN_WITHIN: Final = 20.0  # seconds for the crashed pool to start its services again


def main() -> int:
    """Play the whole story; 0 when every promise was kept."""
    begin = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="lyncops-demo-") as name:
        folder = Path(name)
        try:
            if "--all" in sys.argv[1:]:
                demo_procedures.play(folder)
            else:
                with lab(folder):
                    play(folder)
        except (BrokenPromiseError, lyncops.LyncOpsError) as broken:
            print(f"\nNot as promised: {broken}", file=sys.stderr)
            return 1
    print(f"\nAll as promised, in {time.monotonic() - begin:.0f} s.")
    return 0


def play(folder: Path) -> None:
    """The story, act by act."""
    act(
        "1. Two sites, 20,000 users each, Lync Server 2013; Central Management store and Edge next"
        " hop on the first"
    )
    say(folder, "status")
    first = status(folder)

    act("2. The first site dies")
    say(folder, "lab", "inject", "crash", POOL1)
    say(folder, "status", ends=2)

    act("3. What would it take, and what would it cost?")
    say(folder, "check", POOL1)
    plan = ("pool-failover", POOL1, "--mode", "disaster", "--accept-data-loss")
    say(folder, "plan", *plan, "--save", "failover.json")

    act("4. Do it")
    say(folder, "run", "--plan", "failover.json", "--yes", "--reason", "The first site is dead")
    rescued = status(folder)
    pool = rescued.pool(POOL1)
    promise(
        f"{POOL1} is failed over", holds=pool is not None and pool.state is PoolState.FAILED_OVER
    )
    promise(
        f"{POOL2}, and no other, holds the active Central Management store",
        holds=active_copies(rescued) == [POOL2],
    )
    promise(f"{EDGE1} leads to {POOL2}", holds=next_hop(rescued, EDGE1) == POOL2)

    act("5. The first site comes back")
    say(folder, "lab", "inject", "recover", POOL1)
    wait_until_alive(folder)
    say(folder, "status", ends=7)

    act("6. Fail back, with the content of the conferences")
    say(folder, "plan", "pool-failback", POOL1, "--mode", "planned", "--save", "failback.json")
    say(folder, "run", "--plan", "failback.json", "--yes", "--reason", "The first site is back")

    act("7. As it was before, but for the Central Management store, which stays where it is")
    say(folder, "status")
    compare(first, status(folder))

    act("8. The reports")
    for run_id in runs(folder):
        say(folder, "runs", "report", run_id)
    say(folder, "lab", "inject", "show")


def compare(first: Deployment, last: Deployment) -> None:
    """Only the Central Management store may be elsewhere than at the beginning."""
    found = differences(first, last)
    for difference in found:
        print(f"  {difference}")
    others = [
        difference
        for difference in found
        if "Central Management store" not in difference and "CMSMaster" not in difference
    ]
    promise(
        " ".join(("nothing but the Central Management store differs", *others)), holds=not others
    )
    promise(f"the Central Management store stays on {POOL2}", holds=active_copies(last) == [POOL2])


def active_copies(deployment: Deployment) -> list[Fqdn]:
    """The pools whose copy of the Central Management store says that it is the active one."""
    copies = deployment.central_management.copies
    return (
        [copy.pool for copy in copies if copy.active is True] if isinstance(copies, tuple) else []
    )


def next_hop(deployment: Deployment, fqdn: Fqdn) -> Fqdn | None:
    """The next hop of an Edge pool."""
    edges = deployment.edges if isinstance(deployment.edges, tuple) else ()
    return next((edge.next_hop for edge in edges if edge.fqdn == fqdn), None)


def runs(folder: Path) -> list[str]:
    """The runs in the journal, oldest first."""
    with lyncops.connect(folder / CONFIG) as client:
        return [run.run_id for run in reversed(client.runs())]


def wait_until_alive(folder: Path) -> None:
    """Give the returning pool's services the time to start."""
    end = time.monotonic() + RETURN_WITHIN
    while time.monotonic() < end:
        pool = status(folder).pool(POOL1)
        if pool is not None and len(pool.machines_up) == len(pool.machines):
            return
        time.sleep(0.5)
    raise BrokenPromiseError(f"{POOL1} did not come back within {RETURN_WITHIN:.0f} s.")


if __name__ == "__main__":
    sys.exit(main())
