"""The doctor before a real engine: what PowerShell itself says of its cmdlets, its drives and its
restricted sessions.
"""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.engine.conftest import Fronts
from tests.engine.deployment import P1, Deployment
from tests.engine.test_restricted import DISASTER_RECOVERY, configuration
from tests.engine.world import World
from tests.independent.desk import desk_for

pytestmark = pytest.mark.slow


@pytest.mark.parametrize("is_restricted", [False, True])
def test_an_endpoint(world: World, front: Fronts, tmp_path: Path, *, is_restricted: bool) -> None:
    options = configuration(tmp_path, DISASTER_RECOVERY) if is_restricted else ()
    server = front(Deployment().install(world), options=options)
    line = f'pool = "{P1}"\n' + ('configuration = "LyncDR"\n' if is_restricted else "")
    answer = desk_for(tmp_path, server, path="wsman", open_timeout="30s", endpoint=line)(
        "--json", "doctor"
    )
    told = json.loads(answer.out)
    found = {check["check_id"]: check for check in told["sections"][0]["checks"]}
    assert told["sections"][0]["not_examined"] == []
    passed = (
        "name-resolution",
        "tcp",
        "clock",
        "logon",
        "session-configuration",
        "module",
        "second-hop",
    )
    assert {name: found[name]["verdict"] for name in passed} == dict.fromkeys(passed, "passed")
    assert found["quotas"]["verdict"] == "unknown", (
        "PowerShell outside of Windows has no WSMan drive"
    )
    assert ("restricted" in found["quotas"]["evidence"]) is is_restricted
    assert found["rights"]["verdict"] == ("warning" if is_restricted else "unknown")
    assert not world.executions.get("Invoke-CsPoolFailOver")
