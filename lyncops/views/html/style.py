"""How it looks: dark where Jupyter, VS Code or the reader's system is dark.

Nothing is said by colour alone. Jupyter and VS Code say on the body which theme they show; that
counts more than the system's.
"""

from __future__ import annotations

from string import Template
from typing import Final

from lyncops.views.html.markup import Content, Markup, element

_LIGHT: Final = """color-scheme: light;
  --lo-ink: #1f2328; --lo-faint: #59636e; --lo-line: #c9d1d9;
  --lo-paper: var(--jp-layout-color0, #fff); --lo-shade: #f3f5f8;
  --lo-good: #1a6e2e; --lo-careful: #8a5200; --lo-bad: #b3151f; --lo-link: #0757b8;"""
_DARK: Final = """color-scheme: dark;
  --lo-ink: #e6edf3; --lo-faint: #a5b0bb; --lo-line: #4b5560;
  --lo-paper: var(--jp-layout-color0, #16191d); --lo-shade: #22272e; --lo-link: #79b8ff;
  --lo-good: #6bd37f; --lo-careful: #f0b45a; --lo-bad: #ff8b85;"""
_RULES: Final = Template("""
.lyncops { $light }
@media (prefers-color-scheme: dark) { .lyncops { $dark } }
body[data-jp-theme-light=true] .lyncops, body.vscode-light .lyncops { $light }
body[data-jp-theme-light=false] .lyncops, body.vscode-dark .lyncops { $dark }
.lyncops {
  color: var(--lo-ink); background: var(--lo-paper); padding: 2px 4px 8px; max-width: 1180px;
  font: 13px/1.45 system-ui, 'Segoe UI', Helvetica, Arial, sans-serif;
}
.lyncops h3 { font-size: 15px; font-weight: 600; margin: 12px 0 4px; color: inherit; }
.lyncops h4 { font-size: 13px; font-weight: 600; margin: 12px 0 2px; color: inherit; }
.lyncops p { margin: 2px 0; overflow-wrap: anywhere; }
.lyncops table { border-collapse: collapse; margin: 4px 0 6px; font-size: inherit; color: inherit; }
.lyncops tr { background: transparent !important; }
.lyncops th, .lyncops td {
  text-align: left !important; vertical-align: top; padding: 3px 10px 3px 0; max-width: 720px;
  border: 0; border-bottom: 1px solid var(--lo-line);
  white-space: normal; overflow-wrap: break-word;
}
.lyncops th { color: var(--lo-faint); font-weight: 600; }
.lyncops .lo-short { white-space: nowrap; }
.lyncops .lo-wide { overflow-x: auto; }
.lyncops code {
  font: 12px/1.45 ui-monospace, 'DejaVu Sans Mono', Consolas, monospace; color: inherit;
  background: var(--lo-shade); padding: 1px 4px; border-radius: 3px;
  overflow-wrap: anywhere; white-space: pre-wrap;
}
.lyncops summary { cursor: pointer; }
.lyncops details > :not(summary) { margin-left: 1.1em; }
.lyncops a { color: var(--lo-link); }
.lyncops .lo-strong { font-weight: 600; }
.lyncops .lo-faint { color: var(--lo-faint); }
.lyncops .lo-good { color: var(--lo-good); }
.lyncops .lo-careful { color: var(--lo-careful); }
.lyncops .lo-bad { color: var(--lo-bad); font-weight: 600; }
.lyncops svg { display: block; max-width: 100%; height: auto; margin: 6px 0; }
.lyncops svg text {
  fill: var(--lo-ink); font: 12px system-ui, 'Segoe UI', Helvetica, Arial, sans-serif;
}
.lyncops svg .lo-name, .lyncops svg .lo-strong { font-weight: 600; }
.lyncops svg .lo-faint { fill: var(--lo-faint); }
.lyncops svg .lo-good { fill: var(--lo-good); }
.lyncops svg .lo-careful { fill: var(--lo-careful); }
.lyncops svg .lo-bad { fill: var(--lo-bad); }
""")
CSS: Final = _RULES.substitute(light=_LIGHT, dark=_DARK)


def fragment(*parts: Content) -> Markup:
    """A piece of a page that brings its own look: a cell's output, or the body of a page."""
    return element("div", element("style", Markup(CSS)), *parts, class_="lyncops")
