from __future__ import annotations

from collections.abc import Iterable

import attrs

from lyncops.doctor.judging import diagnose
from lyncops.remoting.approach import Approach
from lyncops.values import Unread
from lyncops.views.blocks import Block, Heading, Table, Text, plain_lines
from lyncops.views.doctor import doctor_blocks, doctor_data
from tests.doctor.test_judging import GOOD, examination


def shown(found: Iterable[Block]) -> str:
    return "\n".join(line for block in found for line in plain_lines(block))


def test_a_good_deployment_is_a_table_without_advice() -> None:
    found = diagnose(examination())
    blocks = tuple(doctor_blocks(found))
    assert [type(block) for block in blocks[:2]] == [Heading, Table]
    assert GOOD.endpoint.url in shown(blocks)
    assert doctor_data(found)


def test_a_trouble_says_what_to_do_and_what_could_not_be_examined() -> None:
    way = Approach(addresses=Unread("fe1.contoso.com", "the name has no address"))
    found = diagnose(examination(attrs.evolve(GOOD, approach=way, session=None, logon=None)))
    blocks = tuple(doctor_blocks(found))
    advice = [block.text for block in blocks if isinstance(block, Text)]
    assert any(text.startswith("name") for text in advice)
    assert "not examined because of that" in shown(blocks)
