r"""Parton luminosities of the LHC at 13 TeV: how many q qbar pairs of each energy and boost two protons bring.

.. math::

    \sigma(pp\to X) = \sum_{ab}\int d\ln\tau\,dy\;\phi_{ab}(\hat s,y)\,\hat\sigma_{ab}(\hat s),\qquad
    \phi_{ab} = x_1a(x_1)\,x_2b(x_2) + (1\leftrightarrow2),\quad x_{1,2}=\sqrt\tau\,e^{\pm y},\ \tau=\hat s/s,

at the factorisation scale Q = sqrt(s_hat). The table holds phi integrated over bins of |y|, derived by
scripts/parton_luminosities.py from the central member of PDF4LHC21 :cite:`PDF4LHCWorkingGroup:2022cjn`; the photon is
that of NNPDF3.1 LUXqed :cite:`Bertone:2017bme`. With it the leading-order Drell-Yan cross section in the Z window comes
out 15-20 % below the measured one (tests/fluxes/hadrons/test_parton_luminosity.py), as leading order should.
"""

from __future__ import annotations

import functools
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.interpolate import PchipInterpolator

from nudipole.errors import DomainError, check_choice, check_positive
from nudipole.inputs import tables

FloatArray = npt.NDArray[np.float64]
CHANNELS = ("d", "u", "s", "c", "b", "wplus", "wminus", "photon_up", "photon_down")
TABLES = {13000.0: "fluxes/data/parton_luminosity_13tev.csv"}


@dataclass(frozen=True)
class PartonLuminosity:
    """phi integrated over bins of |y|, for one energy of the proton pair.

    Parameters
    ----------
    sqrt_s : float
        Energy of the proton pair [GeV].
    sqrt_s_hat : ndarray (n,)
        [GeV], increasing.
    rapidity_edges : ndarray (m + 1,)
        Edges of the bins in |y|.
    splines : dict of interpolator
        phi in each bin (m) against ln sqrt(s_hat), by channel: a quark flavour, ``wplus``, ``wminus`` (CKM weighted),
        ``photon_up``, ``photon_down``.
    """

    sqrt_s: float
    sqrt_s_hat: FloatArray
    rapidity_edges: FloatArray
    splines: dict[str, PchipInterpolator]

    def binned(self, channel: str, sqrt_s_hat: npt.ArrayLike) -> FloatArray:
        """phi in each bin of |y| at these parton energies [GeV]; shape sqrt_s_hat.shape + (m,).

        Raises
        ------
        UnknownNameError
            If there is no such channel.
        DomainError
            If an energy lies outside the table.
        """
        check_choice("parton channel", channel, CHANNELS)
        check_positive(sqrt_s_hat=sqrt_s_hat)
        energy = np.asarray(sqrt_s_hat, dtype=float)
        low, high = self.sqrt_s_hat[0], self.sqrt_s_hat[-1]
        if np.any((energy < low * (1 - 1e-12)) | (energy > high * (1 + 1e-12))):
            raise DomainError(f"parton luminosities are tabulated for sqrt(s_hat) from {low:g} to {high:g} GeV")
        return np.maximum(self.splines[channel](np.log(np.clip(energy, low, high))), 0.0)

    def total(self, channel: str, sqrt_s_hat: npt.ArrayLike) -> FloatArray:
        """phi integrated over all rapidities."""
        return np.sum(self.binned(channel, sqrt_s_hat), axis=-1)


@functools.cache
def proton_proton(sqrt_s: float = 13000.0) -> PartonLuminosity:
    """The shipped luminosities of two protons at ``sqrt_s`` [GeV].

    Raises
    ------
    DomainError
        If no table is shipped for this energy.

    Examples
    --------
    >>> luminosity = proton_proton()
    >>> bool(luminosity.total("u", 500.0) > luminosity.total("d", 500.0))
    True
    """
    if sqrt_s not in TABLES:
        raise DomainError(f"parton luminosities are shipped for sqrt(s) = {', '.join(f'{e:g}' for e in TABLES)} GeV")
    table = tables.load(TABLES[sqrt_s])
    edges = np.array(table.provenance["note"].partition("edges ")[2].partition(";")[0].split(), dtype=float)
    number = len(edges) - 1
    log = np.log(table["sqrt_s_hat"])
    splines = {
        name: PchipInterpolator(log, np.stack([table[f"{name}_{i}"] for i in range(number)], axis=-1))
        for name in CHANNELS
    }
    return PartonLuminosity(sqrt_s, table["sqrt_s_hat"], edges, splines)
