"""The table of every wire cut: what comes of a cmdlet, and how often the server runs it.

python3 scripts/cuts.py            one line for all channels in which a cut ends the same
python3 scripts/cuts.py --json     every combination
"""

from __future__ import annotations

import bootstrap

if __name__ == "__main__":
    bootstrap.run_inside(__file__, "test")

import argparse
import json
import sys
import tempfile
from pathlib import Path

import attrs

from tests.remoting.cuts import CHANNELS, table


def main() -> int:
    """Play and print it."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--json", action="store_true", help="print JSON")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="lyncops-cuts-") as folder:
        rows = list(table(Path(folder)))
    if options.json:
        print(json.dumps([attrs.asdict(row) for row in rows], indent=2, default=str))
        return 0
    print("| cut | effect | outcome | executions | found afterwards | channels |")
    print("| --- | --- | --- | --- | --- | --- |")
    alike: dict[tuple[str, str, str, int, str], list[str]] = {}
    for row in rows:
        key = (row.cut, row.effect.name, row.outcome, row.executions, row.found)
        alike.setdefault(key, []).append(row.channel)
    for (cut, effect, outcome, executions, found), channels in sorted(alike.items()):
        where = "all" if len(channels) == len(CHANNELS) else ", ".join(channels)
        print(f"| {cut} | {effect} | {outcome} | {executions} | {found} | {where} |")
    print(f"\n{len(rows)} combinations, {len(alike)} lines")
    return 0


if __name__ == "__main__":
    sys.exit(main())
