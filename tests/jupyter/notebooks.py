"""Runs notebooks in a real kernel, as somebody does who presses run all."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import attrs
import pytest

FOLDER: Final = Path(__file__).resolve().parents[2] / "scripts" / "notebooks"
NAMES: Final = tuple(sorted(path.stem for path in FOLDER.glob("*.ipynb")))
_LONGEST: Final = 90
"""Seconds that one cell may take on a busy machine."""


@attrs.frozen
class Executed:
    """A notebook after all its cells were run."""

    cells: tuple[Any, ...]

    def forms(self, kind: str) -> tuple[str, ...]:
        """What all cells show, in one MIME type."""
        return tuple(
            "".join(output["data"][kind])
            for cell in self.cells
            for output in cell.get("outputs", ())
            if kind in output.get("data", {})
        )

    @property
    def errors(self) -> tuple[str, ...]:
        """The tracebacks."""
        outputs = [output for cell in self.cells for output in cell.get("outputs", ())]
        return tuple(
            "\n".join(output["traceback"]) for output in outputs if output["output_type"] == "error"
        )


def written(name: str) -> Any:  # noqa: ANN401 -- nbformat gives dictionaries with attributes
    """The notebook as it is kept."""
    nbformat = pytest.importorskip("nbformat")
    return nbformat.read(FOLDER / f"{name}.ipynb", as_version=4)


def execute(
    notebook: Any,  # noqa: ANN401 -- nbformat gives dictionaries with attributes
    folder: Path,
    *,
    change: Mapping[str, str] | None = None,
    allow_errors: bool = False,
) -> Executed:
    """Run all its cells in this folder, with some of its lines changed before."""
    nbclient = pytest.importorskip("nbclient")
    pytest.importorskip("ipykernel")
    for line, other in (change or {}).items():
        cells = [cell for cell in notebook.cells if line in cell.source]
        assert len(cells) == 1, line
        cells[0].source = cells[0].source.replace(line, other)
    client = nbclient.NotebookClient(
        notebook,
        timeout=_LONGEST,
        allow_errors=allow_errors,
        resources={"metadata": {"path": str(folder)}},
    )
    client.execute()
    return Executed(tuple(notebook.cells))


def of_cells(*sources: str) -> Any:  # noqa: ANN401 -- nbformat gives dictionaries with attributes
    """A notebook of these cells."""
    nbformat = pytest.importorskip("nbformat")
    cells = [nbformat.v4.new_code_cell(source) for source in sources]
    return nbformat.v4.new_notebook(cells=cells)
