"""The lag of the Backup Service as a plot, where matplotlib is installed; the table says it too."""

from __future__ import annotations

import importlib
import importlib.util
import io
from collections.abc import Sequence
from typing import Any, Final

from lyncops.views.html.markup import NOTHING, Markup, element
from lyncops.views.lag import DirectionLag

_INK: Final = "#010203"
"""A placeholder for the text colour of the page while the picture is drawn: a page may be light or
dark.
"""
_LEAST_TOP: Final = 5.0
"""Minutes up to which the plot reaches at least: the documented target of the Backup Service."""
_LINES: Final = ("-", "--", "-.", ":")
_MARKS: Final = ("o", "s", "^", "D", "v", "P")


def lag_plot(found: Sequence[DirectionLag]) -> Markup:
    """The plot as SVG; nothing where matplotlib is missing, or there is nothing to plot."""
    if not any(len(direction.points) > 1 for direction in found):
        return NOTHING
    if importlib.util.find_spec("matplotlib") is not None:
        return _drawn(found)
    return NOTHING


def _drawn(found: Sequence[DirectionLag]) -> Markup:
    """Drawn without pyplot, which would keep each figure and choose a window system."""
    matplotlib: Any = importlib.import_module("matplotlib")
    figures: Any = importlib.import_module("matplotlib.figure")
    dates: Any = importlib.import_module("matplotlib.dates")
    inks = ("text.color", "axes.edgecolor", "axes.labelcolor", "xtick.color", "ytick.color")
    look = {**dict.fromkeys(inks, _INK), "svg.fonttype": "none", "font.size": 9}
    with matplotlib.rc_context(look):
        figure = figures.Figure(figsize=(9, 2.8), layout="constrained")
        axes = figure.add_subplot()
        for index, direction in enumerate(found):
            _plot(axes, index, direction)
        axes.set_ylabel("minutes behind")
        axes.set_ylim(bottom=0, top=max(_LEAST_TOP, axes.get_ylim()[1]))
        axes.xaxis.set_major_formatter(dates.DateFormatter("%H:%M:%S"))
        axes.set_xlabel("UTC")
        axes.grid(visible=True, alpha=0.25)
        axes.legend(frameon=False, loc="upper left")
        picture = io.StringIO()
        figure.savefig(picture, format="svg", transparent=True, metadata={"Date": None})
    return element("div", Markup(_inline(picture.getvalue())))


def _plot(
    axes: Any,  # noqa: ANN401 -- matplotlib may not be there
    index: int,
    direction: DirectionLag,
) -> None:
    """Each direction has its own pattern and mark; where nothing could be read there is a gap."""
    times = [point.at for point in direction.points]
    minutes = [
        float("nan") if point.lag is None else point.lag.total_seconds() / 60
        for point in direction.points
    ]
    axes.plot(
        times,
        minutes,
        color=_INK,
        linestyle=_LINES[index % len(_LINES)],
        marker=_MARKS[index % len(_MARKS)],
        markersize=4,
        linewidth=1.4,
        label=f"{direction.source} to {direction.target}",
    )


def _inline(picture: str) -> str:
    """Without the prologue of a file, in the ink of the page."""
    return picture[picture.index("<svg") :].replace(_INK, "currentColor")
