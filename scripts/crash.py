"""Kills a client at every moment of a disaster failover, a planned failover, a failback and an
evacuation, comes back, and compares with the same story without a death.

python3 scripts/crash.py                    every write of the journal, every request at the servers
python3 scripts/crash.py --changes          what `scripts/test.py --all` strikes
python3 scripts/crash.py --story failback   one story; --share 1/4 a part of its moments

Prints how many moments of each kind there are, how many were struck, and what was wrong.
"""

from __future__ import annotations

import bootstrap

if __name__ == "__main__":
    bootstrap.run_inside(__file__, "test")

import argparse
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from tests.crash.points import Point, Write, for_every_change
from tests.crash.stage import STORIES, Fate, Reference, reference, strike


def main() -> int:
    """Strike what was asked for; 0 when nothing was wrong."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--story", choices=STORIES, action="append", help="one story (more often)")
    parser.add_argument("--changes", action="store_true", help="what scripts/test.py --all strikes")
    parser.add_argument("--share", default="1/1", help="which part of the moments, such as 2/4")
    options = parser.parse_args()
    number, _, shares = options.share.partition("/")
    print(f"{'story':<20} {'moments':<40} {'struck':>7} {'spared':>7} {'wrong':>6} {'s':>7}")
    wrong = 0
    for name in options.story or STORIES:
        begin = time.monotonic()
        with tempfile.TemporaryDirectory(prefix="lyncops-crash-") as folder:
            known = reference(STORIES[name], _folder(Path(folder), "reference"))
            points = for_every_change(known.points) if options.changes else known.points
            mine = points[int(number) - 1 :: int(shares)]
            fates = _struck(known, mine, Path(folder))
        wrong += _show(name, fates, time.monotonic() - begin)
    return 1 if wrong else 0


def _struck(known: Reference, points: Sequence[Point], folder: Path) -> list[Fate]:
    return [strike(known, one, _folder(folder, str(number))) for number, one in enumerate(points)]


def _folder(parent: Path, name: str) -> Path:
    folder = parent / name
    folder.mkdir()
    return folder


def _show(name: str, fates: Sequence[Fate], seconds: float) -> int:
    """One line per kind of moment; how many fates were wrong."""
    kinds: dict[str, list[Fate]] = {}
    for fate in fates:
        kinds.setdefault(_kind(fate.point), []).append(fate)
    for kind, some in sorted(kinds.items()):
        counts = Counter(
            struck=sum(fate.died for fate in some),
            spared=sum(not fate.died for fate in some),
            wrong=sum(bool(fate.wrong) for fate in some),
        )
        print(
            f"{name:<20} {kind:<40} {counts['struck']:>7} {counts['spared']:>7}"
            f" {counts['wrong']:>6}"
        )
    bad = [fate for fate in fates if fate.wrong]
    print(
        f"{name:<20} {'all':<40} {len(fates):>7} {'':>7} {len(bad):>6} {seconds:>7.1f}", flush=True
    )
    for fate in bad:
        print(f"  {fate.point}: {'; '.join(fate.wrong)}", flush=True)
    return len(bad)


def _kind(point: Point) -> str:
    if isinstance(point, Write):
        return f"{point.moment} a write of the journal"
    about = point.cmdlet if point.is_change else "a reading"
    return f"{point.moment} {point.verb} of {about}"


if __name__ == "__main__":
    sys.exit(main())
