r"""Limits on the gauge-invariant operators (d_W, d_B) at scale Lambda, from limits on the dipole d.

With :math:`d_{\cal B} = \cos\varphi/\Lambda^2` and :math:`d_{\cal W} = \sin\varphi/\Lambda^2`
(:func:`nudipole.effective.match`),

.. math:: d = \frac{v}{\sqrt2\,\Lambda^2}\Bigl(c_W\cos\varphi + \tfrac12 s_W\sin\varphi\Bigr) ,

a search that excludes d from :math:`d_{\rm min}` excludes Lambda below the value with this d. Colliders also feel d_Z and d_W,
so their :math:`d_{\rm min}` depends on the angle. Where the photon decouples, at :math:`\tan\varphi = -2/\tan\theta_W`
(-75 degrees), searches through the photon say nothing. An overall sign changes nothing: angles run over half a turn.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from nudipole import effective
from nudipole.arguments import typed_arguments
from nudipole.catalogue import registry
from nudipole.columns import Columns, Tabular
from nudipole.errors import DomainError, check_count, check_mass, number
from nudipole.fits import datasets
from nudipole.portal import Completion, direction

FloatArray = npt.NDArray[np.float64]


@dataclass(frozen=True)
class SmeftPlane(Tabular):
    """Excluded scales of the dimension-6 operators at one mass and flavour.

    Attributes
    ----------
    mass : float
        [GeV].
    flavor : str
    angles : ndarray (n,)
        phi in degrees, tan(phi) = d_W / d_B.
    keys : tuple of str
    coefficients : ndarray (keys, n)
        Smallest excluded 1 / Lambda^2 [GeV^-2], NaN where nothing is excluded.
    """

    mass: float
    flavor: str
    angles: FloatArray
    keys: tuple[str, ...]
    coefficients: FloatArray

    @property
    def scales(self) -> FloatArray:
        """Largest excluded Lambda [GeV] of each search, shape (keys, n)."""
        return np.asarray(self.coefficients**-0.5)

    def to_arrays(self) -> Columns:
        """One row a search and angle: the point on its edge."""
        radians = np.deg2rad(np.tile(self.angles, len(self.keys)))
        size = self.coefficients.ravel()
        return {
            "experiment": np.repeat(np.array(self.keys, dtype=str), len(self.angles)),
            "angle_deg": np.rad2deg(radians),
            "d_B_GeV-2": size * np.cos(radians),
            "d_W_GeV-2": size * np.sin(radians),
            "Lambda_GeV": size**-0.5,
        }


@typed_arguments
def smeft_plane(
    keys: Sequence[str | Path],
    flavor: str,
    mass: float,
    *,
    points: int = 73,
    cl: float | None = None,
    majorana: bool = False,
) -> SmeftPlane:
    """What searches exclude of (d_W, d_B), each by itself, at one mass.

    Parameters
    ----------
    keys : sequence of str or Path
        Shipped keys, paths of cards, or ``laboratory``.
    flavor : {"e", "mu", "tau", "universal", "coherent"}
        The coupling that is switched on.
    mass : float
        M_N [GeV].
    points : int
        Angles between -90 and 90 degrees, which are left out themselves (no d_B at all).
    cl : float, optional
        Confidence level; that of each card if left out.
    majorana : bool
        Whether N is its own antiparticle.

    Returns
    -------
    SmeftPlane
        Smallest excluded coefficients by search and angle.

    Raises
    ------
    DomainError
        If none of the searches excludes anything.

    Examples
    --------
    >>> found = smeft_plane(["lep"], "mu", 1.0, points=3)
    >>> found.angles.tolist()
    [-45.0, 0.0, 45.0]
    >>> bool((found.scales > 10.0).all())
    True
    """
    check_mass(mass=number("mass", mass))
    check_count(points=points)
    angles = np.linspace(-90.0, 90.0, points + 2)[1:-1]
    searches = [registry.load(key) for key in datasets.expanded([str(key) for key in keys])]
    table = np.full((len(searches), points), np.nan)
    for column, angle in enumerate(np.deg2rad(angles).tolist()):
        photon = abs(effective.match(float(np.sin(angle)), float(np.cos(angle))).photon)
        along = direction(flavor, majorana, Completion("gauge", float(np.tan(angle))))
        for row, search in enumerate(searches):
            table[row, column] = search.limit(np.array([mass]), along, cl).lower[0] / photon
    if not np.any(np.isfinite(table)):
        raise DomainError(f"none of these searches excludes anything at {mass:g} GeV for {flavor}")
    return SmeftPlane(mass, flavor, angles, tuple(search.key for search in searches), table)
