"""The verb ``hepdata``: an atlas as a submission to HEPData, one table a curve.

The format is that of HEPData's submission schema 1.1: ``submission.yaml``, one document a table, and a file a table. JSON is
YAML, so nothing but the standard library is needed; tests hold the folder against hepdata-validator.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from nudipole import __version__
from nudipole.arguments import typed_arguments
from nudipole.compilation import store
from nudipole.constraint import Limit
from nudipole.errors import OutputError

_LONGEST = 64  # characters of the name of a table
_WHAT = {
    "exclusion": "excluded couplings",
    "projection": "couplings that would be excluded",
    "roi": "couplings of interest",
    "line": "couplings beyond a line of theory",
}


@typed_arguments
def hepdata(atlas: str | Path, out: str | Path) -> tuple[Path, ...]:
    """Write a finished atlas as a HEPData submission.

    Parameters
    ----------
    atlas : str or Path
        Folder of an atlas.
    out : str or Path
        Folder to write; made if it is not there, and must hold no files that are not of a submission.

    Returns
    -------
    tuple of Path
        ``submission.yaml`` and the tables, each written whole.

    Raises
    ------
    OutputError
        If there is no atlas, or the folder cannot be written or holds something else.

    Examples
    --------
    >>> hepdata("no folder", "submission")
    Traceback (most recent call last):
    nudipole.errors.OutputError: 'no folder/limits.json': not an atlas (FileNotFoundError)
    """
    limits = [limit for limit in store.read_limits(Path(atlas)) if any(limit.excluded)]
    folder = Path(out)
    store.prepare(folder)
    if other := [path.name for path in folder.iterdir() if path.suffix != ".yaml"]:
        raise OutputError(
            f"{str(folder)!r} holds {other[0]!r}, which is no part of a submission: choose another folder"
        )
    files = []
    documents: list[dict[str, Any]] = [{"comment": _comment(limits)}]
    for limit in limits:
        name = f"{limit.key}-{limit.direction.name}" + ("" if limit.preset == "default" else f"-{limit.preset}")
        file = folder / f"{name}.yaml"
        store.write_text(file, json.dumps(table(limit), indent=1))
        documents.append(_entry(limit, name, file.name))
        files.append(file)
    index = folder / "submission.yaml"  # last: with it the submission is whole
    store.write_text(index, "\n---\n".join(json.dumps(document, indent=1) for document in documents) + "\n")
    return (index, *files)


def table(limit: Limit) -> dict[str, Any]:
    """One curve as a data table: mass and interval against its edges, which are absent ("-") where it is open above.

    Parameters
    ----------
    limit : Limit
        With at least one excluded interval.
    """
    columns = limit.to_arrays()
    qualifiers = [
        {"name": "CL", "value": float(limit.confidence_level)},
        {"name": "COUPLING", "value": limit.direction.name},
        {"name": "NATURE OF N", "value": limit.direction.nature},
    ]
    independent = [
        {"header": {"name": "M_N", "units": "GEV"}, "values": [{"value": m} for m in columns["mass_GeV"].tolist()]},
        {"header": {"name": "interval"}, "values": [{"value": n} for n in columns["interval"].tolist()]},
    ]
    dependent = [
        {
            "header": {"name": header, "units": units},
            "qualifiers": qualifiers,
            "values": [{"value": value if value == value else "-"} for value in columns[column].tolist()],
        }
        for header, units, column in (
            ("d, lower edge", "GEV**-1", "d_low_GeV-1"),
            ("d, upper edge", "GEV**-1", "d_high_GeV-1"),
            ("mu = 2d, lower edge", "MU_B", "mu_low_muB"),
            ("mu = 2d, upper edge", "MU_B", "mu_high_muB"),
        )
    ]
    return {"independent_variables": independent, "dependent_variables": dependent}


def _comment(limits: Sequence[Limit]) -> str:
    keys = len({limit.key for limit in limits})
    return (
        f"Neutrino dipole portal: {len(limits)} curves of {keys} constraints, computed with nudipole {__version__}. "
        "L = d nubar_L sigma^{mu nu} N_R F_{mu nu} + h.c.; mu = 2 d."
    )


def _entry(limit: Limit, name: str, file: str) -> dict[str, Any]:
    what = f"{_WHAT[limit.kind]}, {limit.direction.name}, {limit.direction.nature} N, preset {limit.preset}"
    return {
        "name": name[:_LONGEST],
        "description": f"{limit.key}: {what}; basis: {limit.basis}.",
        "keywords": [
            {"name": "observables", "values": ["CLS" if "judged by CLs" in limit.notes else "LIMIT"]},
            {"name": "phrases", "values": ["Heavy neutral lepton", "Neutrino dipole portal", limit.kind]},
        ],
        "data_file": file,
    }
