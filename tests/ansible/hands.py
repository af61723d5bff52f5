"""What people do in the lab where a run waits for them: Topology Builder, setup, DNS, firewall."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from lyncops.cli.main import main
from lyncops.lab.lab import Lab
from lyncops.values import Fqdn
from tests.deployments import EDGE1, EDGE2

PORTS: Final = {"edge_federation": 5061, "xmpp_federation": 5269}


def do_by_hand(lab: Lab, config: Path, step_id: str, port: int) -> None:
    """Do the manual step of that id, on the way from the first Edge pool to the second."""
    acts: dict[str, tuple[tuple[str, ...], ...]] = {
        "topology-federation": (
            ("topology", "federation", EDGE1, "off"),
            ("topology", "federation", EDGE2, "on"),
        ),
        "edge-setup": (("setup", EDGE2),),
        "dns-address": (("dns", "a", "xmpp.contoso.com", EDGE2),),
        "firewall-xmpp": (("firewall", EDGE2, "5269", "open"),),
    }
    for act in acts[step_id]:
        assert main(["lab", "inject", "--out", str(config.parent), *act]) == 0
    if step_id in ("edge-setup", "firewall-xmpp"):
        _until_port(lab, EDGE2, port)


def _until_port(lab: Lab, edge: Fqdn, port: int) -> None:
    """Let the lab's time go by until the servers answer there."""
    machines = lab.world.pools[edge].spec.machines
    for _ in range(60):
        if all(lab.world.outside.answers(machine, port) for machine in machines):
            break
        lab.inject("advance", "1m")
    lab.outside.synchronise()
