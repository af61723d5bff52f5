from __future__ import annotations

import pytest

from lyncops.ansible.modules import MODULES
from lyncops.ansible.wording import MODULE_OF, Wording
from lyncops.plan.procedures import PROCEDURES, PoolFailback, PoolFailover, XmppFailover

FAILOVER = Wording.of((PoolFailover,))


@pytest.mark.parametrize(
    ("told", "said"),
    [
        ("add --accept-data-loss.", "add `accept_data_loss: true`."),
        ("or use --mode disaster: it", "or use `mode: disaster`: it"),
        (
            "add --verify for them, or --verify-user.",
            "add `verify: true` for them, or `verify_users`.",
        ),
        ("Name with --store-sql-server one", "Name with `store_sql_server` one"),
        ("--details shows those that passed.", "`plan` shows those that passed."),
        ("--steal-lock takes the lock away.", "`steal_lock: true` takes the lock away."),
        ("another journal: --journal sqlite:///a.db", "another journal: `journal` sqlite:///a.db"),
        ("--without POOL of a site", "--without POOL of a site"),
        ("a word--mode and 1--2", "a word--mode and 1--2"),
        (
            "First: lyncops run pool-failback p1.example --mode planned. Or add --verify.",
            (
                "First: `lyncops.dr.pool_failback` with `pool: p1.example`, `mode: planned`. Or add"
                " `verify: true`."
            ),
        ),
        ("`lyncops run X --verify`, --verify", "`lyncops run X --verify`, `verify: true`"),
        (
            "To go on: lyncops resume 20131121-0300.",
            "To go on: `lyncops.dr.run_resume` with `run_id: 20131121-0300`.",
        ),
        ("`lyncops status` lists them.", "`lyncops.dr.deployment_info` lists them."),
        (
            "lyncops run edge-federation-failover e1.x --edge e2.x",
            (
                "`lyncops.dr.edge_federation` with `state: failed_over`, `edge_pool: e1.x`,"
                " `other_edge: e2.x`"
            ),
        ),
        ("(lyncops runs import)", "(lyncops runs import)"),
    ],
)
def test_options_of_the_command_line_become_parameters(told: str, said: str) -> None:
    assert FAILOVER.text(told) == said


def test_one_option_may_be_another_parameter_in_another_procedure() -> None:
    assert Wording.of((PoolFailback,)).text("Name with --edge some") == "Name with `edges` some"
    assert Wording.of((XmppFailover,)).text("with --edge the") == "with `other_edge` the"


def test_only_what_people_read_is_put_so() -> None:
    answer = FAILOVER.of_answer(
        {
            "msg": "--verify",
            "text": ["--verify"],
            "diff": {"prepared": "--verify"},
            "plan": {"a": "--verify"},
        }
    )
    said = "`verify: true`"
    assert answer == {
        "msg": said,
        "text": [said],
        "diff": {"prepared": said},
        "plan": {"a": "--verify"},
    }


def test_each_procedure_has_its_module() -> None:
    for name, kind in PROCEDURES.items():
        module, state = MODULE_OF.get(name, (name.replace("-", "_"), ""))
        assert kind in MODULES[module].procedures
        states = [one.choices for one in MODULES[module].own if one.name == "state"]
        assert (not states and not state) or state in states[0]
