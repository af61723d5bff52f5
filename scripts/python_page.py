"""The session on the page about Python, `docs/python.md`, typed into a real interpreter."""

from __future__ import annotations

import code
import contextlib
import io
import os
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from lyncops.lab.lab import Lab

SHELL: Final = "$ "
SESSION: Final = """\
import lyncops
client = lyncops.connect("lab/lyncops.toml")
client.status()
print(client.status())
$ lyncops lab inject crash pool1.contoso.com
failover = lyncops.PoolFailover(pool="pool1.contoso.com", mode="disaster", accept_data_loss=True)
plan = client.plan(failover)
plan.is_refused
print(plan)
run = client.run(plan, reason="trying it in the lab")
run
run.state == "completed"
print(client.report(run.run_id).text()[:600])
$ lyncops lab inject recover pool1.contoso.com
$ lyncops lab inject advance 30m
home = client.plan(lyncops.PoolFailback(pool="pool1.contoso.com", mode="planned"))
client.run(home)
client.status()
client.close()
"""


def session(lab: Lab, folder: Path) -> str:
    """What a person types who begins, and what the interpreter says."""
    lab.write_config(folder / "lab")
    with contextlib.chdir(folder):
        return "\n".join(("\n```pycon", *_typed(lab), "```\n"))


def _typed(lab: Lab) -> Iterator[str]:
    console = code.InteractiveConsole()
    for line in SESSION.splitlines():
        if line.startswith(SHELL):
            lab.inject(*shlex.split(line)[4:])
            yield line
            continue
        yield f">>> {line}"
        with contextlib.redirect_stdout(io.StringIO()) as said:
            console.push(line)
        yield from filter(None, said.getvalue().rstrip().split(os.linesep))
