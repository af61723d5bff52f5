"""A runbook as a PowerShell script: it asks before it sends anything and after each step, and stops
where the answer is not the one that it names.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from lyncops.cmdlets.base import quoted
from lyncops.views.runbook import BEFORE_ANYTHING, Check, Item, Runbook

_HEAD: Final = r"""
param(
    # Begin at this step: those before it are done, and you have read that back.
    [int]$From = 1
)

Set-StrictMode -Version 2.0
$ErrorActionPreference = 'Stop'

function Confirm-Here {
    # Goes on only when a person types the word; anything else ends the script.
    param([string]$Question, [string]$Word)
    if ([Console]::IsInputRedirected) {
        throw 'This runbook asks a person at each step: run it in a console, not from a pipe.'
    }
    Write-Host ''
    $typed = Read-Host -Prompt "$Question Type '$Word' to go on, anything else to stop"
    if ("$typed".Trim() -ne $Word) {
        throw "Stopped at your word. Nothing more was sent. To go on later: -From NUMBER"
    }
}

function Show-State {
    # Reads only. What cannot be read is shown, and for you to judge.
    param([scriptblock]$Reading)
    Write-Host "  reads: $($Reading.ToString().Trim())"
    try { & $Reading | Format-List | Out-Host }
    catch { Write-Warning "It could not be read: $_" }
}
"""


def runbook_script(runbook: Runbook) -> str:
    """The text of the .ps1; with a byte order mark where Windows PowerShell would misread it."""
    text = "\n".join(_lines(runbook)) + "\n"
    return text if text.isascii() else f"\ufeff{text}"


def _lines(runbook: Runbook) -> Iterator[str]:
    yield "#requires -Version 3.0"
    yield f"# Runbook: {runbook.title}"
    yield f"# From plan {runbook.plan_id}, made {runbook.made_at}."
    yield "# Run it in the Lync Server Management Shell. It asks before and after each step."
    yield from _HEAD.splitlines()
    yield ""
    yield _say(f"Runbook: {runbook.title}")
    yield _say(f"Made {runbook.made_at}; about {runbook.duration}.")
    yield _say(f"Expected data loss: {runbook.loss}")
    yield _say(f"Nobody else may work on: {', '.join(runbook.locked)}")
    yield from map(_say, BEFORE_ANYTHING)
    for warning in runbook.warnings:
        yield f"Write-Warning {quoted(warning)}"
    yield from (_say(f"Note: {note}") for note in runbook.notes)
    yield _confirm("Do the servers still call for this?", "begin")
    count = len(runbook.items)
    for item in runbook.items:
        yield ""
        yield from _item(item, count)
    yield ""
    yield _say("The goal: all of this must show now.")
    yield from _checks(runbook.goal)
    yield _confirm("Does all of it show?", "reached")
    yield from (_say(f"Still to do: {each}") for each in runbook.afterwards)
    yield _say("Done.")


def _item(item: Item, count: int) -> Iterator[str]:
    optional = " (optional)" if item.optional else ""
    yield f"# ---- Step {item.number} of {count}: {item.title}"
    yield from (f"# Source: {source}" for source in item.sources)
    yield f"if ($From -le {item.number}) {{"
    yield from (f"    {line}" for line in _body(item, f"{item.number} of {count}", optional))
    yield "}"


def _body(item: Item, place: str, optional: str) -> Iterator[str]:
    about = f", about {item.about}" if item.about else ""
    yield "Write-Host ''"
    yield _say(f"Step {place}{optional}: {item.title}{about}")
    yield _say(f"Why: {item.why}")
    if item.where:
        yield _say(f"Where: {item.where}")
    if item.before:
        yield _say("Before: all of this must show.")
        yield from _checks(item.before)
    if item.by_hand:
        yield from (_say(f"By hand: {line}") for line in item.by_hand)
    if item.command:
        yield from _sending(item)
    within = f" It may take {item.within}." if item.within else ""
    if item.after:
        yield _say(f"After: all of this must show.{within}")
        yield from _checks(item.after)
    yield _say(f"Undone by: {item.undo}")
    asked = "Does all of it show?" if item.after else "Is it done?"
    if item.optional:
        asked = "Optional: do you want to go on?"
    yield _confirm(asked, f"done {item.number}")


def _sending(item: Item) -> Iterator[str]:
    yield _say(f"Sends: {item.command}")
    yield _confirm("Send it?", f"send {item.number}")
    if item.optional:
        yield "try {"
        yield f"    {item.command}"
        yield "}"
        yield 'catch { Write-Warning "It failed: $_" }'
        return
    yield item.command


def _checks(checks: tuple[Check, ...]) -> Iterator[str]:
    for check in checks:
        yield _say(f"- {check.what}")
    for reading in dict.fromkeys(check.reading for check in checks if check.reading):
        yield f"Show-State {{ {reading} }}"


def _say(words: str) -> str:
    return f"Write-Host {quoted(words)}"


def _confirm(question: str, word: str) -> str:
    return f"Confirm-Here -Question {quoted(question)} -Word {quoted(word)}"
