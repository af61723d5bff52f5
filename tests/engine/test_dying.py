"""The client lets go, or is killed, in the middle of a failover: `resume` collects it, and it runs
once.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterable

import pytest

from tests.engine.conftest import Site
from tests.engine.deployment import P1, slow_failover
from tests.engine.world import Action, Call, until

pytestmark = pytest.mark.slow
FAILOVER = ("run", "pool-failover", P1, "--mode", "planned", "--yes")
SENT = "Invoke-CsPoolFailOver"


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGKILL])
@pytest.mark.parametrize("ends", ["before the resume", "after it"])
def test_resume_collects_what_goes_on_at_the_server(
    site: Site, how: signal.Signals, ends: str
) -> None:
    begun, end = threading.Event(), threading.Event()

    def slow(call: Call) -> Iterable[Action]:
        for action in slow_failover(site.deployment, call, lines=3, wait=until(end)):
            yield action
            begun.set()

    site.deployment.failover = slow
    client = begin(site)
    assert begun.wait(180)
    client.send_signal(how)
    out, err = client.communicate(timeout=60)
    assert site.deployment.states[P1] == "FailingOver"
    assert client.returncode == (-9 if how is signal.SIGKILL else 4), out + err
    if ends == "before the resume":
        end.set()
    else:
        threading.Timer(2, end.set).start()
    resumed = site.desk("resume", latest(site))
    assert resumed.code == 0, resumed
    assert site.deployment.states[P1] == "FailedOver"
    assert site.world.executions[SENT] == 1


def begin(site: Site) -> subprocess.Popen[str]:
    """Start the program `lyncops` in a process of its own."""
    command = [sys.executable, "-m", "lyncops", "--config", str(site.desk.config), *FAILOVER]
    kept = {name: value for name, value in os.environ.items() if not name.startswith("COVERAGE")}
    return subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=kept
    )


def latest(site: Site) -> str:
    with site.desk.client() as client:
        return client.runs()[0].run_id
