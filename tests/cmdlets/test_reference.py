from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lyncops.cmdlets import Cmdlet
from lyncops.cmdlets.codec import cmdlet_classes
from lyncops.errors import UnsupportedByVersionError
from lyncops.values import Effect, LyncVersion
from tests.cmdlets.catalogue import REFERENCE, sendable_sets, short_type, versions_of
from tests.cmdlets.instances import CLASSES, cmdlets

_OF_POWERSHELL = ("Get-ChildItem", "Get-Command", "Import-Module")
_OF_LYNC = [cls for cls in CLASSES if cls.NAME not in _OF_POWERSHELL]
_SINGLE = [cls for cls in _OF_LYNC if len(cmdlet_classes()[cls.NAME]) == 1]

needs = pytest.mark.parametrize("cls", _OF_LYNC, ids=lambda cls: str(cls.__name__))
whole = pytest.mark.parametrize("cls", _SINGLE, ids=lambda cls: str(cls.__name__))


@needs
def test_the_name_is_in_the_reference_and_makes_the_class_name(cls: type[Cmdlet[object]]) -> None:
    assert cls.NAME in REFERENCE
    assert cls.FIXED or cls.EXPANDS or cls.__name__ == cls.NAME.replace("-", "")


@whole
def test_parameters_are_exactly_those_of_the_reference(cls: type[Cmdlet[object]]) -> None:
    expected = {name for entries in sendable_sets(cls.NAME).values() for name in entries}
    assert {about.name for about in cls.parameters()} - {"Verbose"} == expected - {"Verbose"}


def test_both_forms_of_the_replication_status_together_have_its_parameters() -> None:
    name = "Get-CsManagementStoreReplicationStatus"
    having = {about.name for cls in cmdlet_classes()[name] for about in cls.parameters()}
    fixed = {key for cls in cmdlet_classes()[name] for key in cls.FIXED}
    assert having - {"Verbose"} | fixed == {
        entry for entries in sendable_sets(name).values() for entry in entries
    }


@needs
def test_types_are_those_of_the_reference(cls: type[Cmdlet[object]]) -> None:
    expected = {
        key: short_type(entry["type"])
        for entries in sendable_sets(cls.NAME).values()
        for key, entry in entries.items()
    }
    having = {
        about.name: about.kind.powershell for about in cls.parameters() if about.name != "Verbose"
    }
    assert having == {name: expected[name] for name in having}


@needs
def test_obligation_and_sets_are_those_of_the_reference(cls: type[Cmdlet[object]]) -> None:
    sets = sendable_sets(cls.NAME)
    assert (tuple(sets) if len(sets) > 1 else ()) == cls.SETS
    for about in cls.parameters()[:-1]:
        member = {title for title, entries in sets.items() if about.name in entries}
        demanded = {title for title in member if sets[title][about.name]["required"]}
        assert (set(about.sets) or set(sets)) == member, about.name
        assert (set(sets) if about.mandatory else set(about.mandatory_in)) == demanded, about.name


@needs
def test_versions_are_those_of_the_reference(cls: type[Cmdlet[object]]) -> None:
    assert {version.value for version in cls.VERSIONS} == versions_of(cls.NAME)
    for about in cls.parameters()[:-1]:
        versions = cls.VERSIONS if about.versions is None else about.versions
        assert {version.value for version in versions} == versions_of(cls.NAME, about.name), (
            about.name
        )


@needs
def test_the_verb_tells_the_effect(cls: type[Cmdlet[object]]) -> None:
    assert (cls.EFFECT is Effect.READ) == (
        cls.NAME.partition("-")[0] in {"Get", "Test", "Export", "Debug"}
    )


@needs
def test_every_class_tells_its_source_and_what_it_does(cls: type[Cmdlet[object]]) -> None:
    assert cls.__doc__
    assert cls.reference_page().url.endswith(f"/{cls.NAME.lower()}")


def _accepts(cmdlet: Cmdlet[object], version: LyncVersion) -> bool:
    try:
        cmdlet.require_version(version)
    except UnsupportedByVersionError:
        return False
    return True


@given(cmdlets(), st.sampled_from(LyncVersion))
@settings(max_examples=250)
def test_what_a_version_accepts_is_what_the_reference_has_for_that_version(
    cmdlet: Cmdlet[object], version: LyncVersion
) -> None:
    if cmdlet.NAME in _OF_POWERSHELL:
        assert _accepts(cmdlet, version)
        return
    sent = cmdlet.arguments().keys() - {"Verbose"}
    assert sent <= REFERENCE[cmdlet.NAME]["parameters"].keys()
    having = version.value in versions_of(cmdlet.NAME) and all(
        version.value in versions_of(cmdlet.NAME, name) for name in sent
    )
    later_words = (
        "ApplicationServer.RGS" in cmdlet.to_powershell() and version is not LyncVersion.V2019
    )
    assert _accepts(cmdlet, version) == (having and not later_words)


@given(cmdlets())
def test_lethal_combinations_and_prompts_never_leave(cmdlet: Cmdlet[object]) -> None:
    sent = cmdlet.arguments()
    having = {about.name for about in cmdlet.parameters()}
    assert not (sent.get("WhatIf") and sent.get("Force"))
    assert sent.get("Confirm", False) is False
    assert ("Confirm" in sent) >= (cmdlet.effect is Effect.CHANGE and "Confirm" in having)


@given(cmdlets())
def test_the_arguments_fit_a_set_of_the_reference(cmdlet: Cmdlet[object]) -> None:
    if cmdlet.NAME in _OF_POWERSHELL:
        return
    sent = cmdlet.arguments().keys() - {"Verbose"}
    assert any(
        sent <= entries.keys()
        and {name for name, entry in entries.items() if entry["required"]} <= sent
        for entries in sendable_sets(cmdlet.NAME).values()
    )
