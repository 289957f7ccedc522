"""A figure that nobody prepared pyplot for is shown in a notebook, in every cell."""

import nbformat
from nbclient import NotebookClient

CURVE = 'axes = nd.plot.limit("lz-nees", "e", masses=3)'


def test_every_cell_that_makes_a_figure_shows_it():
    cells = ["import nudipole as nd", CURVE, CURVE]
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell) for cell in cells])
    NotebookClient(notebook, kernel_name="python3", timeout=120).execute()
    shown = [["image/png" in output.get("data", {}) for output in cell.outputs] for cell in notebook.cells]
    assert shown == [[], [True], [True]]
