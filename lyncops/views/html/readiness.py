"""Readiness as a page shows it: the pools as a table, and what is in the way of each to unfold."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from lyncops.checks.result import CheckResult
from lyncops.checks.words import counted
from lyncops.procedures.readiness import ModeReadiness, PoolReadiness, Readiness, SiteReadiness
from lyncops.text.durations import duration_in_words as duration
from lyncops.views.blocks import Text, Tone
from lyncops.views.html.blocks import html_of, table, toned
from lyncops.views.html.checks import checks_table
from lyncops.views.html.markup import Content, Markup, element, joined, unfolding
from lyncops.views.readiness import TONES, mode_in_words, verdict_blocks


def readiness_html(found: Readiness) -> Markup:
    """The verdict, then a row for each pool and mode, then the loss of each site."""
    return joined(_parts(found))


def _parts(found: Readiness) -> Iterator[Markup]:
    yield html_of(verdict_blocks(found))
    if found.pools:
        rows = (_row(pool, mode) for pool in found.pools for mode in pool.modes)
        columns = ("pool", "backup pool", "life", "mode", "verdict", "about", "in the way")
        yield table(columns, rows)
    for pool in found.pools:
        yield from _pool_details(pool)
    if found.sites:
        yield element("h4", "If a whole site is lost")
        yield table(("site", "its pools", "verdict", "details"), map(_site_row, found.sites))


def _row(pool: PoolReadiness, mode: ModeReadiness) -> Iterator[Content]:
    yield pool.pool
    yield pool.backup_pool or "-"
    yield pool.life
    yield mode_in_words(mode)
    yield toned(mode.verdict.value, TONES[mode.verdict])
    yield "-" if mode.obstacles else duration(mode.estimate)
    yield _summary(mode)


def _pool_details(pool: PoolReadiness) -> Iterator[Markup]:
    for mode in pool.modes:
        title = f"{pool.pool}, {mode_in_words(mode)}: {_summary(mode)}"
        yield unfolding(title, *_details(mode), is_open=bool(mode.obstacles))
    if pool.care:
        title = f"{pool.pool}: checks to do on the days before"
        yield unfolding(title, checks_table(pool.care))


def _site_row(site: SiteReadiness) -> Iterator[Content]:
    yield site.site
    yield ", ".join(f"{pool.pool} to {pool.backup_pool or 'nowhere'}" for pool in site.pools)
    yield toned(site.verdict.value, TONES[site.verdict])
    yield joined(_site_details(site))


def _site_details(site: SiteReadiness) -> Iterator[Markup]:
    if site.store:
        yield element("p", site.store)
    if site.store_command:
        yield element("p", element("code", site.store_command))
    for pool in site.pools:
        for mode in pool.modes:
            yield element("p", f"{pool.pool}: {_summary(mode)}")


def _summary(mode: ModeReadiness) -> str:
    found = (
        (mode.obstacles, "obstacle"),
        (mode.warnings, "warning"),
        (mode.by_hand, "step by hand"),
    )
    told = [_counted(len(things), name) for things, name in found if things]
    return ", ".join(told) or "nothing in the way"


def _counted(number: int, thing: str) -> str:
    return counted(number, thing) if thing != "step by hand" else f"{number} by hand"


def _details(mode: ModeReadiness) -> Iterator[Markup]:
    looked_at: Iterable[CheckResult] = (*mode.obstacles, *mode.warnings)
    yield checks_table(looked_at)
    yield html_of(Text(f"by hand: {title}", Tone.CAREFUL) for title in mode.by_hand)
    if not mode.obstacles:
        yield element("p", element("b", "Would lose: "), mode.expected_loss)
        yield element("p", element("code", mode.command))
