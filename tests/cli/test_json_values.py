from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

from lyncops.checks.result import CheckResult, Verdict
from lyncops.deployment.model import PoolState
from lyncops.lab.interface import Argument
from lyncops.values import DotNetVersion, Fqdn, LyncVersion, ServiceId, Unread
from lyncops.views.json_values import to_json


def test_values_become_what_json_can_say() -> None:
    value = {
        Fqdn("P1.contoso.com"): PoolState.FAILED_OVER,
        "at": datetime(2013, 4, 1, 3, tzinfo=UTC),
        "took": timedelta(minutes=2),
        "version": LyncVersion.V2013,
        "build": DotNetVersion((5, 0)),
        "service": ServiceId("EdgeServer", Fqdn("edge.contoso.com")),
        "names": frozenset({"b", "a"}),
        "list": [1, 2.5, None, True],
    }
    assert json.loads(json.dumps(to_json(value))) == {
        "p1.contoso.com": "FailedOver",
        "at": "2013-04-01T03:00:00+00:00",
        "took": 120.0,
        "version": "2013",
        "build": "5.0",
        "service": "EdgeServer:edge.contoso.com",
        "names": ["a", "b"],
        "list": [1, 2.5, None, True],
    }


def test_what_could_not_be_read_says_so() -> None:
    assert to_json((Unread("users", "timed out"),)) == [{"unread": "users", "reason": "timed out"}]


def test_attrs_values_become_objects() -> None:
    assert to_json(Argument("PoolFqdn", [True])) == {"name": "PoolFqdn", "value": [True]}
    result = to_json(
        CheckResult(check_id="rights", question="?", verdict=Verdict.PASSED, evidence="all")
    )
    assert isinstance(result, dict)
    assert result["verdict"] == "passed"
