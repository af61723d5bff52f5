from __future__ import annotations

import json

import pytest
from hypothesis import given, settings

import lyncops.cmdlets as c
from lyncops.cmdlets import Cmdlet
from lyncops.cmdlets.codec import cmdlet_classes, cmdlet_from_dict, cmdlet_to_dict
from lyncops.errors import PlanFormatError
from tests.cmdlets.instances import cmdlets


@given(cmdlets())
@settings(max_examples=200)
def test_every_cmdlet_survives_json(cmdlet: Cmdlet[object]) -> None:
    again = cmdlet_from_dict(json.loads(json.dumps(cmdlet_to_dict(cmdlet))))
    assert again == cmdlet
    assert again.arguments() == cmdlet.arguments()
    assert type(again) is type(cmdlet)


def test_the_form_is_the_cmdlets_own_words() -> None:
    assert cmdlet_to_dict(
        c.InvokeCsPoolFailOver(pool_fqdn="pool1.contoso.com", disaster_mode=True)
    ) == {
        "cmdlet": "Invoke-CsPoolFailOver",
        "arguments": {"PoolFqdn": "pool1.contoso.com", "DisasterMode": True},
    }


def test_the_forms_of_one_cmdlet_stay_apart() -> None:
    name = "Get-CsManagementStoreReplicationStatus"
    status = cmdlet_from_dict({"cmdlet": name, "arguments": {"CentralManagementStoreStatus": True}})
    assert status == c.GetCsCentralManagementStoreStatus()
    assert cmdlet_from_dict({"cmdlet": name}) == c.GetCsManagementStoreReplicationStatus()
    assert (
        cmdlet_from_dict(cmdlet_to_dict(c.GetCsFileTransferAgents())) == c.GetCsFileTransferAgents()
    )
    assert len(cmdlet_classes()[name]) == 3


@pytest.mark.parametrize(
    ("data", "said"),
    [
        ("Get-CsPool", "A cmdlet must be an object, it is 'Get-CsPool'."),
        ({}, "None is not a cmdlet that lyncops knows."),
        ({"cmdlet": "Remove-CsEverything"}, "'Remove-CsEverything' is not a cmdlet"),
        ({"cmdlet": ["Get-CsPool"]}, "is not a cmdlet"),
        ({"cmdlet": "Get-CsPool", "script": "x"}, "A cmdlet has no field script."),
        ({"cmdlet": "Get-CsPool", "arguments": []}, "The arguments of a cmdlet must be an object"),
        (
            {"cmdlet": "Get-CsComputer", "arguments": {"PoolFqdn": "p.c.com"}},
            "Get-CsComputer has no parameter -PoolFqdn.",
        ),
        (
            {"cmdlet": "Invoke-CsPoolFailOver", "arguments": {}},
            "Invoke-CsPoolFailOver needs -PoolFqdn.",
        ),
        (
            {"cmdlet": "Invoke-CsPoolFailOver", "arguments": {"PoolFqdn": "a b"}},
            "-PoolFqdn: 'a b' is not a fully",
        ),
        (
            {"cmdlet": "Backup-CsPool", "arguments": {"PoolFqdn": "p.c", "Category": "X"}},
            "-Category: 'X' is not one of CMS",
        ),
        (
            {"cmdlet": "Backup-CsPool", "arguments": {"PoolFqdn": "p.c", "WaitTime": "soon"}},
            "-WaitTime: 'soon' is not a duration.",
        ),
    ],
)
def test_what_cannot_be_read_is_refused_in_one_sentence(data: object, said: str) -> None:
    with pytest.raises(PlanFormatError) as caught:
        _ = cmdlet_from_dict(data)
    assert said in caught.value.what
    assert caught.value.remedy
