"""`lyncops completion SHELL`: the script that makes a shell complete verbs, pools and runs."""

from __future__ import annotations

from typing import ClassVar, Final

import click
from click.shell_completion import (
    CompletionItem,
    ShellComplete,
    add_completion_class,
    get_completion_class,
)

from lyncops.cli.call import Call, with_call
from lyncops.runs.exit_codes import ExitCode

_VARIABLE: Final = "_LYNCOPS_COMPLETE"
_POWERSHELL: Final = """\
Register-ArgumentCompleter -Native -CommandName %(prog_name)s -ScriptBlock {
    param($wordToComplete, $commandAst, $cursorPosition)
    $line = $commandAst.ToString()
    if ($line.Length -lt $cursorPosition) { $line += ' ' }
    $env:%(complete_var)s = 'powershell_complete'
    $env:LYNCOPS_COMPLETE_LINE = $line
    $env:LYNCOPS_COMPLETE_WORD = $wordToComplete
    try {
        %(prog_name)s | ForEach-Object {
            $value, $about = $_ -split "`t", 2
            if (-not $about) { $about = $value }
            [System.Management.Automation.CompletionResult]::new(
                $value, $value, 'ParameterValue', $about)
        }
    }
    finally {
        Remove-Item Env:%(complete_var)s, Env:LYNCOPS_COMPLETE_LINE, Env:LYNCOPS_COMPLETE_WORD `
            -ErrorAction SilentlyContinue
    }
}
"""


class PowerShellComplete(ShellComplete):
    """Completion for PowerShell, which click does not have."""

    name: ClassVar[str] = "powershell"
    source_template: ClassVar[str] = _POWERSHELL

    def get_completion_args(self) -> tuple[list[str], str]:
        """The words before the one that is being typed, and that one."""
        import os

        from click.shell_completion import split_arg_string

        words = split_arg_string(os.environ.get("LYNCOPS_COMPLETE_LINE", ""))[1:]
        typed = os.environ.get("LYNCOPS_COMPLETE_WORD", "")
        if typed and words and words[-1] == typed:
            words.pop()
        return words, typed

    def format_completion(self, item: CompletionItem) -> str:
        """The word and what it is, with a tab between them."""
        return f"{item.value}\t{item.help or ''}"


def register() -> None:
    """Make PowerShell known to click."""
    add_completion_class(PowerShellComplete)


@click.command()
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish", "powershell"]))
@with_call
def completion(call: Call, shell: str) -> ExitCode:
    """Print the script with which SHELL completes verbs, pools, sites and runs.

    Pools and sites come from the last reading, runs from the journal; no server is contacted.
    """
    register()
    kind = get_completion_class(shell)
    if kind is None:
        raise click.UsageError(f"click knows no shell {shell!r}.")
    root = click.get_current_context().find_root().command
    call.screen.pour(kind(root, {}, "lyncops", _VARIABLE).source() + "\n")
    return ExitCode.DONE
