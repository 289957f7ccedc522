"""Curves of publications or of the user's own on top of ours."""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from nudipole.catalogue import curves

FloatArray = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Overlay:
    """A named line.

    Parameters
    ----------
    name : str
        What the legend calls it.
    mass, d : ndarray
        Masses [GeV] and d [GeV^-1], shape (n,), pieces separated by NaN.
    color : str
        Any colour of matplotlib; left out, one that is free.

    Examples
    --------
    >>> import numpy as np
    >>> Overlay("our bound", np.array([1e-3, 1e-2]), np.array([1e-7, 2e-7])).name
    'our bound'
    """

    name: str
    mass: FloatArray
    d: FloatArray
    color: str = ""

    @classmethod
    def from_csv(cls, path: str | Path, convention: str = "d", name: str = "", color: str = "") -> Overlay:
        """The curve in a file, see :func:`nudipole.catalogue.curves.read`.

        Parameters
        ----------
        path : str or Path
            Two columns, mass [GeV] and coupling.
        convention : {"d", "mu", "muB"}
            What the second column is: d or mu = 2 d in GeV^-1, or mu in Bohr magnetons.
        name : str
            What the legend calls it; the name of the file if left out.
        color : str
            Any colour of matplotlib.

        Returns
        -------
        Overlay
            The line, in d.

        Raises
        ------
        TableError
            If the file holds no curve.
        """
        mass, d = curves.read(Path(path), convention)
        return cls(name or Path(path).stem, mass, d, color)


def as_overlay(one: str | Path | Overlay, flavor: str = "", convention: str = "d") -> Overlay:
    """An overlay from what a user may give: one, the name of a published curve, or a path.

    Warns if the published curve is one of another flavour.

    Raises
    ------
    UnknownNameError, TableError
    """
    if isinstance(one, Overlay):
        return one
    if isinstance(one, Path) or "/" in one or "." in one:
        return Overlay.from_csv(one, convention)
    curve = curves.published(one)
    if flavor and curve.flavors and flavor not in curve.flavors:
        words = f"the published curve {one} is one of {' '.join(curve.flavors)}, drawn in a plane of {flavor}"
        warnings.warn(words, UserWarning, stacklevel=3)
    return Overlay(f"{one} (published)", curve.mass, curve.d)
