"""What somebody types: the examples under the help of each verb that has none of its own."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import click

_POOL: Final = "pool1.contoso.com"
EXAMPLES: Final[Mapping[str, tuple[str, ...]]] = {
    "status": ("lyncops status", "lyncops status --watch --every 1m"),
    "doctor": ("lyncops doctor",),
    "init": (
        "lyncops init",
        "lyncops init --name contoso --server fe1.contoso.com --username admin@CONTOSO.COM",
    ),
    "completion": (
        'eval "$(lyncops completion bash)"            (in ~/.bashrc)',
        "lyncops completion zsh > ~/.zfunc/_lyncops",
        "lyncops completion fish > ~/.config/fish/completions/lyncops.fish",
        "lyncops completion powershell | Out-String | Invoke-Expression   (in $PROFILE)",
    ),
    "readiness": ("lyncops readiness", f"lyncops readiness {_POOL} --details"),
    "check": (f"lyncops check {_POOL}", f"lyncops check pool-failover {_POOL} --mode planned"),
    "plan": (
        f"lyncops plan pool-failover {_POOL} --mode planned",
        f"lyncops plan pool-failover {_POOL} --mode planned --format html --to runbook.html",
    ),
    "run": (
        f"lyncops run pool-failover {_POOL} --mode planned",
        f"lyncops run pool-failover {_POOL} --mode disaster --accept-data-loss",
        "lyncops run --plan plan.json",
    ),
    "resume": ("lyncops resume latest", "lyncops resume 20131121-0300"),
    "runs": ("lyncops runs list", "lyncops runs report latest"),
    "runs list": ("lyncops runs list --limit 10",),
    "runs show": ("lyncops runs show latest",),
    "runs watch": ("lyncops runs watch latest", "lyncops runs watch latest --every 5s"),
    "runs report": (
        "lyncops runs report latest",
        "lyncops runs report latest --format html --to report.html",
    ),
    "runs verify": (
        "lyncops runs verify latest",
        "lyncops runs verify 20131121-0300 --kept 5f1c...",
    ),
    "runs cancel": ('lyncops runs cancel latest --reason "the site is back"',),
    "runs export": ("lyncops runs export --to runs.jsonl",),
    "runs import": ("lyncops runs import runs.jsonl",),
    "runs prune": ("lyncops runs prune --before 2013-11-21",),
    "backup-service": ("lyncops backup-service show",),
    "backup-service show": (f"lyncops backup-service show {_POOL}",),
    "backup-service watch": ("lyncops backup-service watch --until-steady --timeout 30m",),
    "snapshot": (
        "lyncops snapshot --out site.json",
        "lyncops snapshot --out site.json --anonymise --count-users",
    ),
    "drill": ("lyncops drill all --from site.json --html drill.html",),
    "drill pool-failover": (f"lyncops drill pool-failover {_POOL} --kill site:Site1",),
    "drill site-failover": ("lyncops drill site-failover Site1 --from site.json",),
    "drill all": (
        "lyncops drill all --from site.json --out drill.json --html drill.html",
        "lyncops drill all --from site.json --baseline drill.json",
    ),
    "exporter": (
        "lyncops exporter",
        "lyncops exporter --textfile /var/lib/node_exporter/lyncops.prom",
    ),
    "lab": ("lyncops lab serve two-sites",),
    "lab serve": ("lyncops lab serve two-sites",),
    "lab inject": (f"lyncops lab inject pool kill {_POOL}",),
    "lab scenarios": ("lyncops lab scenarios",),
}


def add_examples(command: click.Command, path: str) -> None:
    """Put them under the help of a command and of those below it."""
    lines = EXAMPLES.get(path, ())
    if lines and "Example" not in f"{command.help}{command.epilog}":
        shown = "\n  ".join(lines)
        title = "Example" if len(lines) == 1 else "Examples"
        own = f"{command.epilog}\n\n" if command.epilog else ""
        command.epilog = f"{own}\b\n{title}:\n  {shown}"
    if isinstance(command, click.Group):
        for name, inner in command.commands.items():
            add_examples(inner, f"{path} {name}")
