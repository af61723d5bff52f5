"""What a notebook says of what is typed at a command line."""

from __future__ import annotations

import pytest

from lyncops.checks.check import failed, result_of
from lyncops.jupyter.shown import bundle
from lyncops.jupyter.wording import in_python
from lyncops.views.blocks import Text
from lyncops.views.html.checks import checks_table
from lyncops.views.html.markup import element


@pytest.mark.parametrize(
    ("told", "said"),
    [
        (
            "To go on: lyncops resume 20131121-0300-ab.",
            'To go on: client.resume("20131121-0300-ab").',
        ),
        ("`lyncops status` lists them.", "client.status() lists them."),
        (
            "First: lyncops run pool-failback p1.example --mode planned.",
            (
                'First: client.run(client.plan(lyncops.PoolFailback(pool="p1.example",'
                ' mode="planned"))).'
            ),
        ),
        (
            "lyncops plan pool-failover p1.example --mode disaster --accept-data-loss",
            (
                'client.plan(lyncops.PoolFailover(pool="p1.example", mode="disaster",'
                " accept_data_loss=True))"
            ),
        ),
        ("add --verify for them, or --verify-user.", "add verify=True for them, or verify_users."),
        ("or use --mode disaster: it", 'or use mode="disaster": it'),
        (
            "know better: --override mode-fits --reason TEXT",
            'know better: overrides={"mode-fits": "THE REASON"}',
        ),
        ("Later: lyncops runs import FILE.", "Later: lyncops runs import FILE."),
        ("--without POOL of a site; a-b --c", "without POOL of a site; a-b --c"),
    ],
)
def test_command_lines_are_calls(told: str, said: str) -> None:
    assert in_python(told) == said


def test_a_cell_shows_python_and_keeps_what_is_escaped() -> None:
    told = "<i> & lyncops resume 20131121-0300"
    shown = bundle(element("p", told, title="--verify"), (Text(told),))
    assert ">&lt;i&gt; &amp; client.resume(&quot;20131121-0300&quot;)</p>" in shown["text/html"]
    assert 'title="--verify"' in shown["text/html"]
    assert shown["text/plain"] == '<i> & client.resume("20131121-0300")'


def test_a_long_answer_of_a_check_is_short_until_it_is_unfolded() -> None:
    """Ten lines in a table hide the verdicts beside it."""
    first = "The first sentence says what matters."
    long = " ".join(
        (first, *(f"Server {n} of the pool says something about itself." for n in range(20)))
    )
    table = checks_table((result_of("mode-fits", "Fits it?", (), failed(long, "Look.")),)).html
    summary, rest = table.split("</summary>")
    assert first in summary
    assert len(summary.split("<summary>")[1]) <= 204
    assert long in rest
    short = checks_table((result_of("mode-fits", "Fits it?", (), failed(first, "Look.")),)).html
    assert short.count(first) == 1
