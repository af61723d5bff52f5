from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from lyncops.errors import InvalidValueError
from lyncops.sources import FACTS, Certainty, fact, guide, page, reference

ROOT = Path(__file__).parent.parent
CITED = re.compile(r"fact:\s+([\w-]+)")


def texts() -> dict[Path, str]:
    return {
        path: path.read_text(encoding="utf-8")
        for path in [*(ROOT / "lyncops").rglob("*.py"), *(ROOT / "lyncops").rglob("*.toml")]
        if path.parent.name != "sources"  # it explains facts, and cites none
    }


def test_every_fact_has_a_page_that_can_be_opened() -> None:
    for anchor, found in FACTS.items():
        assert re.fullmatch(r"[a-z0-9-]+", anchor)
        assert all((found.subject, found.title, found.text, found.pages)), anchor
        assert all(url.startswith("https://") for url in found.urls), anchor
        assert fact(anchor).url == found.urls[0]
        assert fact(anchor).certainty is found.certainty
    assert {found.certainty for found in FACTS.values()} == set(Certainty)


def test_every_fact_that_the_code_cites_exists() -> None:
    cited = {(path, name) for path, text in texts().items() for name in CITED.findall(text)}
    assert len(cited) > 60
    assert {(path, name) for path, name in cited if name not in FACTS} == set()


def test_nothing_cites_a_document_that_no_reader_can_open() -> None:
    rooms = texts()
    pages = {
        path: path.read_text(encoding="utf-8")
        for path in [*(ROOT / "docs").glob("*.md"), ROOT / "README.md"]
    }
    assert {
        path
        for path, text in {**rooms, **pages}.items()
        if re.search(r"facts page|remoting facts", text)
    } == set()


def test_the_page_of_facts_is_what_the_package_says() -> None:
    command = [
        sys.executable,
        "-c",
        "from facts_page import facts_page; print(facts_page(), end='')",
    ]
    done = subprocess.run(
        command, cwd=ROOT / "scripts", check=True, capture_output=True, text=True, encoding="utf-8"
    )
    assert (ROOT / "docs" / "facts.md").read_text(encoding="utf-8") == done.stdout


def test_sources_say_short_what_they_are_and_where() -> None:
    cmdlet = reference("Invoke-CsPoolFailOver")
    assert (cmdlet.title, cmdlet.url.rsplit("/", 1)[1]) == (
        "Invoke-CsPoolFailOver",
        "invoke-cspoolfailover",
    )
    assert guide("Failing over a pool", step=6).title == "Failing over a pool, step 6"
    assert guide("Failing over a pool", step="2 to 5").title == "Failing over a pool, steps 2 to 5"
    assert page("WinRM quotas", certainty=Certainty.SEEN).certainty is Certainty.SEEN


@pytest.mark.parametrize(
    "make", [lambda: fact("nothing"), lambda: guide("Nowhere"), lambda: page("Nowhere")]
)
def test_what_is_not_there_cannot_be_cited(make: object) -> None:
    assert callable(make)
    with pytest.raises(InvalidValueError):
        make()
