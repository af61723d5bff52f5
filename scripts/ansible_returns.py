"""What the modules of the collection return, as ansible-doc shows it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from lyncops.ansible.modules import Module
from lyncops.values import JsonValue

_WORDS: Final = "wrong_use, refused, failed, unknown, paused, locked"
_TEXT: Final = ("list", "The same for people, line by line.", "success")
_FAILURE: Final = {
    "failure_kind": ("str", f"What kind of failure it is, one of {_WORDS}.", "failure"),
}
_RUN: Final = {
    "run_id": ("str", "The run, for M(lyncops.dr.run_resume).", "a run began"),
    "state": ("str", "The state of the run.", "a run began"),
    "pending": (
        "dict",
        "The step that waits for a person: step_id, title, where, instructions, how_to_see.",
        "a step waits for a person",
    ),
    "report": ("dict", "The run with every step, attempt, evidence and exception.", "a run began"),
    "exceptions": ("list", "What went other than planned without stopping the run.", "a run began"),
    "left_to_do": ("list", "What remains for a person to do, in order.", "a run began"),
    "text": _TEXT,
}
_PLAN: Final = {
    "plan": (
        "dict",
        "The plan with its checks, steps, PowerShell, expected loss and estimate.",
        "always",
    ),
}
_OF: Final[Mapping[str, Mapping[str, tuple[str, str, str]]]] = {
    "deployment_info": {
        "deployment": (
            "dict",
            "What the servers said. What could not be read says so and why.",
            "success",
        ),
        "verdict": ("str", "V(passed), V(warning), V(failed) or V(unknown).", "success"),
        "attention": ("list", "What deserves attention, in sentences.", "success"),
        "text": _TEXT,
    },
    "readiness_info": {
        "ready": ("bool", "Whether every pool could be failed over now.", "success"),
        "readiness": (
            "dict",
            "Each pool with its modes, what is in the way, and the loss.",
            "success",
        ),
        "text": _TEXT,
    },
    "doctor_info": {
        "verdict": ("str", "V(passed), V(warning), V(failed) or V(unknown).", "success"),
        "diagnosis": ("dict", "Each endpoint and machine with its checks.", "success"),
        "text": _TEXT,
    },
    "backup_service_info": {
        "state": ("str", "The state of the whole.", "success"),
        "backup_service": (
            "dict",
            "Its configuration, and both directions of each pair.",
            "success",
        ),
        "text": _TEXT,
    },
    "drill": {
        "outcome": (
            "str",
            "The worst outcome: V(done), V(exceptions), V(by_hand), V(refused) or V(failed).",
            "always",
        ),
        "rescued": ("bool", "Whether everybody was served elsewhere each time.", "always"),
        "worse": ("list", "What ended worse than in O(baseline), in sentences.", "always"),
        "drill": ("dict", "The report, to be kept as the next O(baseline).", "always"),
        "text": _TEXT,
    },
    "run_info": {
        "runs": ("list", "The runs in short, the newest first.", "no run is named"),
        **_RUN,
    },
    "run_resume": {**_RUN},
}


def returned_by(module: Module) -> JsonValue:
    """The RETURN of a module's page."""
    own = _OF.get(module.name, {**_PLAN, **_RUN})
    return {name: _entry(*facts) for name, facts in {**own, **_FAILURE}.items()}


def _entry(kind: str, about: str, when: str) -> JsonValue:
    entry: dict[str, JsonValue] = {"description": [about], "returned": when, "type": kind}
    return (
        {**entry, "elements": "dict" if about.startswith("The runs") else "str"}
        if kind == "list"
        else entry
    )
