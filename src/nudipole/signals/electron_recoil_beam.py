r"""Electron recoils in accelerator beams: nu e -> N e in a target, one forward electron is what is seen.

For each beam setting, with T the recoil energy and polynomial cross sections (:mod:`nudipole.processes.upscattering`),

.. math::

    \frac{dn}{dT} = N_e \sum_j c_j(T, M) \int_{E_{\min}(T, M)} \phi(E)\,E^{-j}\,\epsilon(E, T, M)\,dE, \qquad
    \cos\theta_e = \frac{M^2 + 2T(E + m_e)}{2 E p_e},

counted in bins of E_e = T + m_e with a cut on E_e theta^2. The angle is exact; for a massive N it is smaller than for a
neutrino, E_e theta^2 = 2 m_e (1 - T/E) - M^2/E, so that the cut costs signal only through the angular resolution, taken
as a two-dimensional Gaussian. The Standard Model sample (nu e) is the same with M = 0.

**N that decays inside** the detector makes a photon with most of the neutrino's energy along the electron: the event
then looks like one shower of energy E or like two, not like this sample. It is lost by default: near is the way out of
the detector (averaged over the depth in the target, plus all that lies behind it), far is infinity, and the excluded region
has a ceiling. ``decay_inside =
"kept"`` counts such events as if N were stable, as publications that ignore the decay do.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Literal

import numpy as np
import numpy.typing as npt
from scipy.special import chndtr

from nudipole import kinematics, options, units
from nudipole.cards import Background, Card, Fraction, NonNegative, Nuisance, Options, Positive, Section
from nudipole.errors import CardError, NudipoleError
from nudipole.fluxes import FLUXES
from nudipole.fluxes.flux import Flux, FluxComponent
from nudipole.inference.counting import feldman_cousins
from nudipole.inference.likelihood import Likelihood, Pull
from nudipole.inference.limits import CountStatistic, ProfileStatistic, Statistic
from nudipole.matter import materials
from nudipole.portal import FLAVORS, Direction
from nudipole.processes import hnl_decay, standard_model, upscattering
from nudipole.signals.model import Bins, Signal
from nudipole.signals.template import SignalTemplate

FloatArray = npt.NDArray[np.float64]
_RECOILS_PER_BIN, _RECOILS = 8, 32  # nodes in ln T: at least so many in a bin, and about so many in all
_ENERGY_CELLS = 20
_MOMENTUM_GROUPS = 14
_WAYS_OUT = 4


class TargetSection(Section, frozen=True, kw_only=True):
    """What is hit."""

    material: str
    mass_tonne: Positive


class SelectionSection(Section, frozen=True, kw_only=True):
    """Bins of the electron's total energy, and cuts. Angular resolution in one projection: constant (+) /sqrt(E/GeV)."""

    energy_GeV: list[Positive]
    etheta2_MeV: Positive | None = None
    angle_mrad: NonNegative = 0.0
    angle_mrad_sqrtGeV: NonNegative = 0.0
    efficiency: Fraction = 1.0


class GeometrySection(Section, frozen=True, kw_only=True):
    """Length [m] along the beam of the target, and of what behind it would still see a decay photon."""

    length_m: Positive
    downstream_m: NonNegative = 0.0
    decay_inside: Literal["lost", "kept"] = "lost"


class BeamSection(Section, frozen=True, kw_only=True):
    """One beam setting. ``electrons``: the measured nu-e sample in the selection, to which its flux is normalised."""

    name: str
    source: Options
    protons: Positive | None = None
    mass_tonne: Positive | None = None
    electrons: Positive | None = None
    observed: list[NonNegative] | None = None
    uncertainty: list[Positive] | None = None


class NormalisationSection(Section, frozen=True, kw_only=True):
    """The collaboration's own limit on a massless moment [Bohr magnetons], to which the signal is normalised."""

    moment_mu_bohr: Positive
    flavor: Literal["e", "mu", "tau"]
    enabled: bool = True  # a preset may switch it off
    confidence_level: Fraction = 0.9


class ObservationSection(Section, frozen=True, kw_only=True):
    """How the counts are judged; counts themselves stand with each beam."""

    statistic: Literal["poisson", "gaussian", "feldman-cousins", "asimov"]
    test: Literal["two-sided", "one-sided"] = "two-sided"


class ElectronRecoilBeamCard(Card, frozen=True, kw_only=True):
    """An electron-recoil search in one or several beams."""

    target: TargetSection
    selection: SelectionSection
    geometry: GeometrySection
    beam: list[BeamSection]
    observation: ObservationSection
    normalisation: NormalisationSection | None = None
    expectation: Literal["standard-model", "none"] = "standard-model"
    background: list[Background] = []
    nuisance: list[Nuisance] = []


CardType = ElectronRecoilBeamCard


def cos_recoil_angle(
    recoil_energy: npt.ArrayLike, neutrino_energy: npt.ArrayLike, hnl_mass: npt.ArrayLike
) -> FloatArray:
    """cos(theta) of the electron, (M^2 + 2 T (E + m)) / (2 E p), clipped to 1 against rounding.

    Examples
    --------
    >>> round(float(cos_recoil_angle(2.0, 20.0, 0.0)), 6)
    0.99977
    """
    recoil, energy, mass = (np.asarray(v, dtype=float) for v in (recoil_energy, neutrino_energy, hnl_mass))
    electron = units.ELECTRON_MASS
    momentum = np.sqrt(recoil * (recoil + 2.0 * electron))
    return np.minimum((mass**2 + 2.0 * recoil * (energy + electron)) / (2.0 * energy * momentum), 1.0)


def etheta2(recoil_energy: npt.ArrayLike, neutrino_energy: npt.ArrayLike, hnl_mass: npt.ArrayLike) -> FloatArray:
    r"""E_e theta^2 [GeV] of the electron, theta^2 from 1 - cos(theta) without cancellation.

    1 - cos = [2 E p - 2 T (E + m) - M^2] / (2 E p), with p - T = 2 m T/(p + T).
    """
    recoil, energy, mass = (np.asarray(v, dtype=float) for v in (recoil_energy, neutrino_energy, hnl_mass))
    electron = units.ELECTRON_MASS
    momentum = np.sqrt(recoil * (recoil + 2.0 * electron))
    difference = 2.0 * energy * 2.0 * electron * recoil / (momentum + recoil) - 2.0 * recoil * electron - mass**2
    one_minus = np.clip(difference / (2.0 * energy * momentum), 0.0, 2.0)
    angle = 2.0 * np.arcsin(np.sqrt(0.5 * one_minus))
    return (recoil + electron) * angle**2


def build(card: ElectronRecoilBeamCard, file: Path) -> ElectronRecoilBeam:
    """The experiment that the card describes, ready to compute."""
    edges = np.asarray(card.selection.energy_GeV)
    if len(edges) < 2 or np.any(np.diff(edges) <= 0) or edges[0] <= units.ELECTRON_MASS:
        raise CardError(file, "selection.energy_GeV", edges.tolist(), "bin edges must increase, above the rest energy")
    if not card.beam:
        raise CardError(file, "beam", [], "at least one [[beam]] is needed")
    fluxes = []
    for index, beam in enumerate(card.beam):
        field = f"beam[{index}]"
        flux: Flux = options.resolve(FLUXES, beam.source, "flux", file, f"{field}.source")
        if (flux.per == "POT") != (beam.protons is not None):
            needed = "protons" if flux.per == "POT" else "no protons: the flux is for the whole run"
            raise CardError(file, f"{field}.protons", beam.protons, f"the source {flux.name} needs {needed}")
        if flux.per not in ("POT", "run"):
            raise CardError(file, f"{field}.source.flux", beam.source.get("flux"), "must be a beam, per POT or per run")
        for name in ("observed", "uncertainty"):
            values = getattr(beam, name)
            if values is not None and len(values) != len(edges) - 1:
                raise CardError(file, f"{field}.{name}", values, f"there are {len(edges) - 1} bins")
        fluxes.append(flux)
    try:
        material = materials.get(card.target.material)
    except NudipoleError as error:
        raise CardError(file, "target.material", card.target.material, str(error)) from None
    return ElectronRecoilBeam(card, file, tuple(fluxes), material.electrons_per_kg)


@dataclass(frozen=True)
class ElectronRecoilBeam:
    """An electron-recoil search under one preset; see :class:`nudipole.signals.model.Model`."""

    card: ElectronRecoilBeamCard
    file: Path
    fluxes: tuple[Flux, ...]
    electrons_per_kg: float

    # --- bins and grids ----------------------------------------------------------------------------------------------
    @property
    def flavors(self) -> tuple[str, ...]:
        present = {flavor for flux in self.fluxes for flavor in flux.flavors}
        return (*(f for f in FLAVORS if f in present), "universal")

    @cached_property
    def edges(self) -> FloatArray:
        """Edges of the bins of electron energy [GeV]."""
        return np.asarray(self.card.selection.energy_GeV)

    @property
    def bins(self) -> Bins:
        if len(self.fluxes) == 1:
            return Bins("E_e [GeV]", self.edges, self._observed)
        return Bins("beam x energy bin", np.arange(self._size + 1.0), self._observed)

    @property
    def _size(self) -> int:
        return len(self.fluxes) * (len(self.edges) - 1)

    @cached_property
    def _recoils(self) -> tuple[FloatArray, FloatArray]:
        """Recoil energies T (t,) and their weights in each energy bin (t, bins): Gauss-Legendre in ln T per bin."""
        thresholds = self.edges - units.ELECTRON_MASS
        per_bin = max(_RECOILS_PER_BIN, _RECOILS // (len(thresholds) - 1))
        nodes, gauss = np.polynomial.legendre.leggauss(per_bin)
        half = 0.5 * np.diff(np.log(thresholds))
        middle = 0.5 * (np.log(thresholds[1:]) + np.log(thresholds[:-1]))
        recoil = np.exp(middle[:, None] + half[:, None] * nodes)
        weights = np.zeros((len(half), per_bin, len(half)))
        for index in range(len(half)):
            weights[index, :, index] = half[index] * gauss * recoil[index]
        return recoil.ravel(), weights.reshape(-1, len(half))

    def _cells(self, component: FluxComponent) -> FloatArray:
        """Edges of the cells of neutrino energy over which the angle and N's momentum count as constant."""
        if component.lines:
            return np.concatenate([component.energy[:1] * (1.0 - 1e-9), component.energy * (1.0 + 1e-9)])
        low = max(float(component.energy[0]), 0.5 * float(self.edges[0]))
        high = float(component.energy[-1])
        if high <= low:
            return np.array([low])
        return np.geomspace(low, high * (1.0 + 1e-12), _ENERGY_CELLS + 1)

    def _acceptance(self, recoil: FloatArray, energy: FloatArray, mass: FloatArray) -> FloatArray:
        """Probability that the measured E_e theta^2 passes the cut, times the efficiency."""
        selection = self.card.selection
        if selection.etheta2_MeV is None:
            return np.full(np.broadcast_shapes(recoil.shape, energy.shape, mass.shape), selection.efficiency)
        cut = selection.etheta2_MeV * units.MEV
        true = etheta2(recoil, energy, mass)
        total = recoil + units.ELECTRON_MASS
        variance = (selection.angle_mrad * 1e-3) ** 2 + (selection.angle_mrad_sqrtGeV * 1e-3) ** 2 / total
        if selection.angle_mrad == selection.angle_mrad_sqrtGeV == 0.0:
            return selection.efficiency * (true < cut)
        scale = total * variance
        return selection.efficiency * np.asarray(chndtr(cut / scale, 2.0, true / scale))

    # --- rates -------------------------------------------------------------------------------------------------------
    def _spectrum(
        self, coefficients: FloatArray, component: FluxComponent, intensity: FloatArray, masses: FloatArray
    ) -> tuple[FloatArray, FloatArray]:
        """dn/dT per electron and unit coupling in cells of E, shape (m, t, cells), and the mean energy of each cell."""
        recoil, _ = self._recoils
        minimum = kinematics.minimum_neutrino_energy(recoil, masses[:, None], units.ELECTRON_MASS)
        edges = self._cells(component)
        if edges.size < 2 or not np.any(intensity > 0):
            return np.zeros((*minimum.shape, 1)), np.ones((*minimum.shape, 1))
        start = np.maximum(minimum[..., None], edges)
        start = np.minimum(start, edges[-1])
        moments = component.cumulative_moments(intensity, start, (0, 1, 2))
        inside = moments[..., :-1] - moments[..., 1:]
        rate = np.maximum(np.einsum("jmt,jmtk->mtk", coefficients, inside), 0.0) * units.GEV_M2_TO_CM2
        middle = 0.5 * (start[..., :-1] + start[..., 1:])
        return rate, np.maximum(middle, recoil[:, None])

    def _electrons(self, index: int) -> float:
        beam = self.card.beam[index]
        tonnes = self.card.target.mass_tonne if beam.mass_tonne is None else beam.mass_tonne
        return 1e3 * tonnes * self.electrons_per_kg * (1.0 if beam.protons is None else beam.protons)

    @cached_property
    def _raw_standard_model(self) -> FloatArray:
        """nu-e events (beams, bins) from the flux as it stands."""
        recoil, weights = self._recoils
        massless = np.zeros(1)
        result = np.zeros((len(self.fluxes), weights.shape[1]))
        for index, flux in enumerate(self.fluxes):
            for component in flux.components:
                for flavor in FLAVORS:
                    intensity = component.flavor_intensity(flavor)
                    coefficients = standard_model.electron_energy_coefficients(recoil, flavor, component.antineutrino)
                    rate, energy = self._spectrum(coefficients[:, None, :], component, intensity, massless)
                    accepted = rate * self._acceptance(recoil[:, None], energy, massless[:, None, None])
                    result[index] += self._electrons(index) * accepted[0].sum(axis=-1) @ weights
        return result

    @cached_property
    def normalisation(self) -> FloatArray:
        """What multiplies each beam: measured over predicted nu-e events, or what the published moment asks for."""
        section = self.card.normalisation
        if section is not None and section.enabled:
            return np.full(len(self.fluxes), self._moment_factor(section))
        predicted = self._raw_standard_model.sum(axis=1)
        wanted = [beam.electrons for beam in self.card.beam]
        return np.array([1.0 if w is None else w / p for w, p in zip(wanted, predicted, strict=True)])

    def _moment_factor(self, section: NormalisationSection) -> float:
        """Allowed signal over the signal of the published moment for M = 0; needs a limit on a count."""
        statistic = self.statistic()
        if not isinstance(statistic, CountStatistic):
            raise CardError(self.file, "normalisation", section.moment_mu_bohr, "needs statistic = feldman-cousins")
        counts, _ = self._counts(np.zeros(1), Direction(section.flavor), np.ones(len(self.fluxes)))
        events = float(counts.sum()) * units.d_from_mu(section.moment_mu_bohr) ** 2
        if events <= 0:
            raise CardError(self.file, "normalisation.flavor", section.flavor, "the beam holds none of it")
        return statistic.allowed(section.confidence_level) / events

    @cached_property
    def _standard_model(self) -> FloatArray:
        return (self._raw_standard_model * self.normalisation[:, None]).ravel()

    def signal(self, masses: FloatArray, direction: Direction) -> Signal:
        total, cells = self._counts(masses, direction, self.normalisation)
        shifts = self._relative_shifts()
        if self.card.geometry.decay_inside == "kept":
            return Signal(per_d2=total, relative_shifts=shifts)
        templates = [self._template(i, float(mass), cells, direction) for i, mass in enumerate(masses)]
        return Signal(templates=templates, relative_shifts=shifts)

    def _counts(
        self, masses: FloatArray, direction: Direction, normalisation: FloatArray
    ) -> tuple[FloatArray, list[tuple[int, FloatArray, FloatArray]]]:
        """Counts per d^2 (masses, bins) without decay, and of each component the cells (beam, rate, energy of N)."""
        recoil, weights = self._recoils
        per_beam, cells = [], []
        coefficients = upscattering.electron_energy_coefficients(recoil, masses[:, None])
        for index, flux in enumerate(self.fluxes):
            scale = self._electrons(index) * normalisation[index]
            counts = np.zeros((len(masses), weights.shape[1]))
            for component in flux.components:
                intensity = component.effective(direction)
                if not np.any(intensity > 0):
                    continue
                rate, energy = self._spectrum(coefficients, component, intensity, masses)
                rate = scale * rate * self._acceptance(recoil[:, None], energy, masses[:, None, None])
                counts += rate.sum(axis=-1) @ weights
                cells.append((index, rate, energy - recoil[:, None]))
            per_beam.append(counts)
        return np.concatenate(per_beam, axis=1), cells

    def _template(
        self, row: int, mass: float, parts: list[tuple[int, FloatArray, FloatArray]], direction: Direction
    ) -> SignalTemplate:
        """Nodes grouped in N's momentum, each with a few ways out of the detector."""
        _, weights = self._recoils
        bins = weights.shape[1]
        limits = np.geomspace(1e-3, max(flux.maximum_energy for flux in self.fluxes) * 1.001, _MOMENTUM_GROUPS + 1)
        summed = np.zeros((_MOMENTUM_GROUPS, self._size))
        inverse, norm = np.zeros(_MOMENTUM_GROUPS), np.zeros(_MOMENTUM_GROUPS)
        for beam, rate, energy in parts:
            floor = np.maximum(1e-3 * energy[row], limits[0])  # cells without a rate
            momentum = np.sqrt(np.maximum(energy[row] ** 2 - mass**2, floor**2))
            group = np.clip(np.searchsorted(limits, momentum) - 1, 0, _MOMENTUM_GROUPS - 1)
            selector = (group[None] == np.arange(_MOMENTUM_GROUPS)[:, None, None]) * rate[row]
            summed[:, beam * bins : (beam + 1) * bins] += selector.sum(axis=-1) @ weights
            importance = selector * weights.sum(axis=1)[:, None]
            norm += importance.sum(axis=(1, 2))
            inverse += (importance / momentum).sum(axis=(1, 2))
        used = norm > 0
        width = float(hnl_decay.total_width(mass)) * direction.majorana_factor
        kappa = width * mass * units.METRE * inverse[used] / norm[used]
        geometry = self.card.geometry
        depth, share = np.polynomial.legendre.leggauss(_WAYS_OUT)
        ways = geometry.downstream_m + 0.5 * geometry.length_m * (1.0 + depth)
        if not np.any(used):
            return SignalTemplate.from_counts(np.zeros(self._size))
        return SignalTemplate.from_nodes(
            (summed[used][:, None, :] * (0.5 * share)[:, None]).reshape(-1, self._size),
            kappa=np.repeat(kappa, _WAYS_OUT),
            near=np.tile(ways, int(used.sum())),
            far=np.inf,
            decay_norm=direction.decay_norm,
        )

    def components(self) -> Mapping[str, FloatArray]:
        parts = {b.name: self._background(b) for b in self.card.background}
        if self.card.expectation == "standard-model":
            return {"standard model": self._standard_model} | parts
        return parts or {"background": np.zeros(self._size)}

    def maximum_mass(self) -> float:
        highest = max(flux.maximum_energy for flux in self.fluxes)
        return float(kinematics.maximum_hnl_mass(highest, units.ELECTRON_MASS))

    # --- likelihood --------------------------------------------------------------------------------------------------
    @cached_property
    def pulls(self) -> tuple[Pull, ...]:
        """The card's nuisances, and one for each background that may move."""
        moving = [b for b in self.card.background if b.free or b.uncertainty > 0]
        named = tuple(Pull(n.name) for n in self.card.nuisance)
        return (*named, *(Pull(f"background.{self.card.key}.{b.name}", b.free) for b in moving))

    def _touches(self, nuisance: Nuisance) -> FloatArray:
        """1 for the bins that a nuisance moves: all, or those of ``neutrinos:BEAM``."""
        kind, _, which = nuisance.affects.partition(":")
        names = [beam.name for beam in self.card.beam]
        if kind not in ("neutrinos", "signal") or (which and which not in names):
            allowed = "neutrinos, signal, or neutrinos:BEAM with BEAM one of " + ", ".join(names)
            raise CardError(self.file, f"nuisance.{nuisance.name}.affects", nuisance.affects, allowed)
        chosen = np.array([1.0 if which in ("", name) else 0.0 for name in names])
        return np.repeat(chosen, len(self.edges) - 1)

    def _relative_shifts(self) -> FloatArray | None:
        if not self.pulls:
            return None
        shifts = np.zeros((1, len(self.pulls), self._size))
        for index, nuisance in enumerate(self.card.nuisance):
            shifts[0, index] = nuisance.sigma * self._touches(nuisance)
        return shifts

    def _background(self, background: Background) -> FloatArray:
        field = f"background.{background.name}.counts"
        if background.counts is None:
            raise CardError(self.file, field, None, "is required")
        values = np.atleast_1d(np.asarray(background.counts, dtype=float))
        if values.size == 1:
            return np.full(self._size, float(values[0]) / self._size)
        if values.size != self._size:
            raise CardError(self.file, field, values.tolist(), f"give one number, or one for each of {self._size} bins")
        return values

    @cached_property
    def _observed(self) -> FloatArray | None:
        given = [beam.observed for beam in self.card.beam]
        if self.card.observation.statistic == "asimov" or all(g is None for g in given):
            return None
        if any(g is None for g in given):
            raise CardError(self.file, "beam.observed", given, "give it for every beam or for none")
        return np.concatenate([np.asarray(g) for g in given if g is not None])

    @cached_property
    def likelihood(self) -> Likelihood:
        """Data (or the expectation itself), Standard Model plus backgrounds, and their pulls."""
        background = np.sum(list(self.components().values()), axis=0)
        shifts = np.zeros((len(self.pulls), self._size))
        for index, nuisance in enumerate(self.card.nuisance):
            if self.card.expectation == "standard-model" and nuisance.affects != "signal":
                shifts[index] = nuisance.sigma * self._touches(nuisance) * self._standard_model
        row = len(self.card.nuisance)
        for part in self.card.background:
            if part.free or part.uncertainty > 0:
                shifts[row] = self._background(part) * (1.0 if part.free else part.uncertainty)
                row += 1
        observed = background if self._observed is None else self._observed
        return Likelihood(observed, background, self._sigma(), self.pulls, shifts)

    def _sigma(self) -> FloatArray:
        if self.card.observation.statistic != "gaussian":
            return np.zeros(self._size)
        given = [beam.uncertainty for beam in self.card.beam]
        if any(g is None for g in given):
            raise CardError(self.file, "beam.uncertainty", given, "is required for a Gaussian observation")
        return np.concatenate([np.asarray(g) for g in given if g is not None])

    def statistic(self) -> Statistic:
        observation = self.card.observation
        if observation.statistic == "feldman-cousins":
            likelihood = self.likelihood
            seen, expected = int(likelihood.observed.sum()), float(likelihood.background.sum())
            return CountStatistic(lambda cl: feldman_cousins(seen, expected, cl)[1])
        profile = ProfileStatistic(self.likelihood, 1, observation.test == "one-sided")
        if self._size == 1 and self._observed is None:
            return CountStatistic(lambda cl: self._allowed_count(profile, cl))
        return profile

    def _allowed_count(self, profile: ProfileStatistic, cl: float) -> float:
        """In one bin without an excess the profile allows the same count at every mass: found once, for unit signal."""
        (intervals,) = profile.intervals(Signal(per_d2=np.ones((1, 1)), relative_shifts=self._relative_shifts()), cl)
        return intervals[-1].low ** 2
