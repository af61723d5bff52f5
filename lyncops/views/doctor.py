"""What the doctor says: one table of all checks, and below it what to do about those that did not
pass.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from lyncops.checks.result import CheckResult, Verdict
from lyncops.doctor.diagnosis import Diagnosis, Section
from lyncops.values import JsonValue
from lyncops.views.blocks import Block, Heading, Table, Text, Tone
from lyncops.views.json_values import to_json
from lyncops.views.see import see_check

_TONES: Final = {
    Verdict.PASSED: Tone.GOOD,
    Verdict.WARNING: Tone.CAREFUL,
    Verdict.FAILED: Tone.BAD,
    Verdict.UNKNOWN: Tone.CAREFUL,
}


def doctor_data(found: Diagnosis) -> JsonValue:
    """The answer as JSON."""
    return {
        "deployment": found.name,
        "began_at": found.began_at.isoformat(),
        "verdict": found.verdict.value,
        "sections": [_section_data(section) for section in found.sections],
    }


def _section_data(section: Section) -> JsonValue:
    return {
        "subject": section.subject.value,
        "name": section.name,
        "checks": [_check_data(result) for result in section.results],
        "not_examined": list(section.not_examined),
    }


def _check_data(result: CheckResult) -> JsonValue:
    return {
        "check_id": result.check_id,
        "question": result.question,
        "verdict": result.verdict.value,
        "evidence": result.evidence,
        "remedy": result.remedy,
        "blocking": result.blocking,
        "sources": to_json(result.sources),
        "see": see_check(result.check_id),
    }


def doctor_blocks(found: Diagnosis) -> Iterator[Block]:
    """The table, and below it what to do, thing by thing."""
    yield Heading(f"Doctor: {found.name} at {found.began_at:%Y-%m-%d %H:%M:%S %Z}")
    rows = tuple(
        _row(section, number, result)
        for section in found.sections
        for number, result in enumerate(section.results)
    )
    yield Table(("about", "check", "verdict", "evidence"), rows)
    for section in found.sections:
        yield from _advice(section)
    yield Heading(f"{found.name}: {found.verdict.value}")


def _row(section: Section, number: int, result: CheckResult) -> tuple[Text | str, ...]:
    about = section.name if number == 0 else ""
    return (
        about,
        result.check_id,
        Text(result.verdict.value, _TONES[result.verdict]),
        result.evidence,
    )


def _advice(section: Section) -> Iterator[Block]:
    troubles = [result for result in section.results if result.verdict is not Verdict.PASSED]
    if not troubles and not section.not_examined:
        return
    yield Heading(f"What to do about {section.name}")
    for result in troubles:
        yield Text(f"{result.check_id}: {result.question}", _TONES[result.verdict], indent=2)
        if result.remedy:
            yield Text(result.remedy, indent=4, verbatim=True)
    if section.not_examined:
        yield Text(
            f"not examined because of that: {', '.join(section.not_examined)}", Tone.FAINT, indent=2
        )
