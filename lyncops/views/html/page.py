"""A whole page in one file: it loads nothing, runs nothing, prints, and is dark where the reader's
system is.
"""

from __future__ import annotations

from typing import Final

from lyncops.views.html.markup import Content, Markup, element, joined, prose
from lyncops.views.html.style import CSS

POLICY: Final = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"
"""What a browser may load for the page: nothing."""
_MORE: Final = """
html { background: #fff; }
@media (prefers-color-scheme: dark) { html { background: #16191d; } }
body { margin: 0 auto; max-width: 1180px; padding: 16px 20px 40px; }
.lyncops { font-size: 14px; }
.lyncops h1 { font-size: 21px; margin: 4px 0 8px; }
.lyncops h2 { font-size: 16px; margin: 26px 0 6px; border-bottom: 1px solid var(--lo-line); }
.lyncops .lo-pair { display: flex; flex-wrap: wrap; gap: 8px 28px; }
.lyncops .lo-pair > div { flex: 1 1 440px; min-width: 0; }
.lyncops .lo-part { margin: 10px 0 16px; padding-left: 12px;
  border-left: 3px solid var(--lo-line); }
.lyncops pre { margin: 4px 0; white-space: pre-wrap; overflow-wrap: anywhere;
  font: 12px/1.45 ui-monospace, 'DejaVu Sans Mono', Consolas, monospace;
  background: var(--lo-shade); padding: 6px 8px; border-radius: 3px; }
.lyncops li code { display: inline-block; }
@page { margin: 14mm; }
@media print {
  html { background: #fff; }
  body { padding: 0; max-width: none; }
  .lyncops { color-scheme: light; --lo-ink: #000; --lo-faint: #444; --lo-line: #999;
    --lo-paper: #fff; --lo-shade: #f3f3f3; --lo-good: #14521f; --lo-careful: #6b4000;
    --lo-bad: #8f0d16; --lo-link: #063f8a; font-size: 11px; }
  .lyncops h2, .lyncops h3, .lyncops p:has(+ svg), .lyncops p:has(+ div) { break-after: avoid; }
  .lyncops .lo-pair { display: block; }
  .lyncops .lo-pair > div { break-inside: avoid; }
  .lyncops tr, .lyncops svg, .lyncops pre, .lyncops p { break-inside: avoid; }
  .lyncops a[href]::after { content: " (" attr(href) ")"; overflow-wrap: anywhere; }
}
"""


def page(title: str, *content: Content) -> str:
    """The page as the text of a file."""
    head = element(
        "head",
        Markup('<meta charset="utf-8"/>'),
        Markup(f'<meta http-equiv="Content-Security-Policy" content="{POLICY}"/>'),
        Markup('<meta name="viewport" content="width=device-width, initial-scale=1"/>'),
        Markup('<meta name="color-scheme" content="light dark"/>'),
        element("title", title),
        element("style", Markup(CSS + _MORE)),
    )
    body = element("body", element("main", *content, class_="lyncops"))
    return f"<!doctype html>\n{element('html', head, body, lang='en')}\n"


def section(title: str, *content: Content) -> Markup:
    """A part of the page under a heading; nothing where it has no content."""
    inner = joined(content)
    return joined((element("h2", title), inner)) if inner.html else inner


def listed(texts: tuple[str, ...]) -> Markup:
    """Sentences as a list; nothing where there are none."""
    return element("ul", *(element("li", prose(each)) for each in texts)) if texts else joined(())


def powershell(text: str) -> Markup:
    """A command that can be copied."""
    return element("pre", element("code", text))
