"""The fixtures, in a pytest of its own that finds them as a user's does."""

from __future__ import annotations

from importlib.metadata import entry_points

import pytest

pytest_plugins = ["pytester"]

PROGRAM = """
import os

import pytest

import lyncops
from lyncops.testing import InMemory, Lab


def test_a_client_of_the_lab(lyncops_client: lyncops.Client, lyncops_lab: Lab) -> None:
    assert lyncops_client.status().pool("pool1.contoso.com").is_alive
    assert lyncops_lab.requests.total > 0


def test_a_script_that_reads_its_configuration(lyncops_config, lyncops_lab: Lab) -> None:
    assert os.environ["LYNCOPS_PASSWORD"] == lyncops_lab.password
    with lyncops.connect(lyncops_config) as client:
        assert client.runs() == ()


@pytest.mark.lyncops(scenario="sfb2019")
def test_another_deployment(lyncops_in_memory: InMemory) -> None:
    assert lyncops_in_memory.client.status().version is lyncops.LyncVersion.V2019


def test_the_password_is_gone() -> None:
    assert "LYNCOPS_PASSWORD" not in os.environ
"""


@pytest.mark.unmeasured
def test_the_fixtures_serve_a_users_tests(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    if not [one for one in entry_points(group="pytest11") if one.name == "lyncops"]:
        pytest.skip("lyncops was installed before it had the plugin: install it again")
    monkeypatch.delenv("LYNCOPS_PASSWORD", raising=False)
    pytester.makepyfile(test_program=PROGRAM)
    done = pytester.runpytest_subprocess("-q", "--strict-markers", "-p", "no:xdist")
    done.assert_outcomes(passed=4)
