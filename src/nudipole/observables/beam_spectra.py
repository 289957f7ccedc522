"""N in the laboratory from the mesons that a proton beam makes: energies and angles, binned."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from nudipole.arguments import typed_arguments
from nudipole.columns import Columns
from nudipole.coupling import coupling
from nudipole.errors import (
    DomainError,
    UnknownNameError,
    check_between,
    check_count,
    check_increasing,
    check_mass,
    check_non_negative,
    number,
)
from nudipole.fluxes.hadrons import mesons
from nudipole.processes.mesons import meson

FloatArray = npt.NDArray[np.float64]
#: Beams by name: proton energy [GeV] on a fixed target, or ``lhc``.
BEAMS: dict[str, float | str] = {
    "booster": 8.0,
    "jparc": 30.0,
    "numi": 120.0,
    "sps": 400.0,
    "sps-450": 450.0,
    "tevatron": 800.0,
    "lhc": "lhc",
}
VARIABLES = {"hnl_energy": "hnl_energy [GeV]", "angle": "angle [rad]"}
_SMALLEST_ANGLE = 1e-5


@typed_arguments
def beam_spectrum(
    beam: str | float,
    parent: str,
    mass: float,
    d: float | None = None,
    variable: str = "hnl_energy",
    edges: npt.ArrayLike | None = None,
    *,
    mu: float | None = None,
    channel: str | None = None,
    angle_max: float | None = None,
    mass_number: float = 12.0,
    bins: int = 40,
) -> Columns:
    r"""N and Nbar that the decays of one meson of a proton beam send into the laboratory, per proton, in bins.

    .. math:: \frac{dN_N}{dE} = \sum_{\rm channels}\int dn_P\;{\rm BR}(P\to N X)\,
              \frac1\Gamma\frac{d\Gamma}{dE^*}\otimes\text{boost}

    Parameters
    ----------
    beam : str or float
        A name in :data:`BEAMS`, or the proton energy [GeV] of one.
    parent : str
        The meson: ``pi0``, ``eta``, ..., ``pi``, ``K``, ``D``, ``Ds``, ``B`` for both charges together, or one charge, ``K+``.
    mass : float
        M [GeV].
    d, mu : float
        Exactly one: d [GeV^-1], or mu = 2 d [Bohr magnetons].
    variable : {"hnl_energy", "angle"}
        E_N [GeV], or the angle to the beam [rad].
    edges : array_like, optional
        Of the bins; ``bins`` even steps of the logarithm over what there is if left out.
    channel : str, optional
        One decay, as ``nd.meson`` names it; all, whatever the lepton, if left out.
    angle_max : float, optional
        Only N within this angle to the beam [rad].
    mass_number : float
        A of the target, for heavy flavour per interaction.
    bins : int
        Number of bins where no edges are given, at most 10,000.

    Returns
    -------
    dict of ndarray (n,)
        ``<variable>_low``, ``<variable>_high`` with units and ``number`` of N per interacting proton; at the ``lhc`` ``cross_section
        [pb]`` in one hemisphere.

    Raises
    ------
    UnknownNameError, DomainError
        Unknown beam, meson or channel; nothing made at this mass and no edges given; a number out of range.

    Notes
    -----
    As if every meson decayed, before it is absorbed: right for all but pions and kaons. Yields: :mod:`nudipole.fluxes.hadrons.mesons`. The
    ring of nodes in the rest frame is good to 1e-3 in the number and the mean energy; single bins narrower than a tenth scatter.

    Examples
    --------
    >>> found = beam_spectrum("sps", "eta", 0.1, 1e-6)
    >>> [name for name in found], f"{found['number'].sum():.1e}"
    (['hnl_energy_low [GeV]', 'hnl_energy_high [GeV]', 'number'], '3.1e-16')
    """
    if variable not in VARIABLES:
        raise UnknownNameError("variable", variable, VARIABLES)
    size, mass = number("d", coupling(d, mu)), number("mass", mass)
    check_mass(mass=mass)
    check_count(bins=bins)
    if bins > 10_000:
        raise DomainError(f"bins must be at most 10000, got {bins}")
    source = _beam(beam)
    nodes = _nodes(source, parent, mass, channel, mass_number)
    if angle_max is not None:
        check_non_negative(angle_max=angle_max)
        nodes = meson.LabNodes(*(column[nodes.angle <= angle_max] for column in nodes))
    values = nodes.energy if variable == "hnl_energy" else np.maximum(nodes.angle, _SMALLEST_ANGLE)
    bounds = _edges(values, edges, bins, f"{parent} makes no N of {mass:g} GeV at this beam")
    number_, _ = np.histogram(values, bounds, weights=nodes.weight)
    stem, unit = VARIABLES[variable].split(" ")
    kind = "cross_section [pb]" if source == "lhc" else "number"
    return {f"{stem}_low {unit}": bounds[:-1], f"{stem}_high {unit}": bounds[1:], kind: number_ * size**2}


def _beam(beam: str | float) -> float | str:
    found = BEAMS.get(beam) if isinstance(beam, str) else number("beam", beam)
    if found is None or found not in mesons.BEAMS:
        raise UnknownNameError("beam", beam, [*BEAMS, *(f"{energy:g}" for energy in mesons.BEAMS if energy != "lhc")])
    return found


def _nodes(source: float | str, parent: str, mass: float, channel: str | None, mass_number: float) -> meson.LabNodes:
    """N of both lepton-number states per d^2."""
    name = meson.canonical(parent)
    if channel is not None and channel not in meson.channels(name):
        raise UnknownNameError(f"channel of {parent}", channel, meson.channels(name))
    check_between(1.0, 300.0, mass_number=mass_number)
    made = parent if parent in mesons.MESONS else name
    parents = mesons.meson_spectrum(source, made, mass_number)
    states = meson.lepton_number_states(name)
    parts = [
        meson.lab_spectrum(parents, name, one, mass)
        for one, width in meson.decay_channels(name, mass)
        if width > 0 and channel in (None, one)
    ]
    columns = [np.concatenate([getattr(part, field) for part in parts] or [np.zeros(0)]) for field in parents._fields]
    return meson.LabNodes(columns[0], columns[1], states * columns[2])


def _edges(values: FloatArray, edges: npt.ArrayLike | None, bins: int, nothing: str) -> FloatArray:
    if edges is not None:
        check_increasing(edges=edges)
        return np.asarray(edges, dtype=float)
    if values.size == 0:
        raise DomainError(f"{nothing}: give edges for bins of zero")
    return np.geomspace(values.min() * (1 - 1e-9), values.max() * (1 + 1e-9), bins + 1)
