r"""Electron recoils in accelerator beams: nu e -> N e in a target, one forward electron is what is seen.

For each beam setting, with T the recoil energy and polynomial cross sections (:mod:`nudipole.processes.scattering.upscattering`),

.. math::

    \frac{dn}{dT} = N_e \sum_j c_j(T, M) \int_{E_{\min}(T, M)} \phi(E)\,E^{-j}\,\epsilon(E, T, M)\,dE, \qquad
    \cos\theta_e = \frac{M^2 + 2T(E + m_e)}{2 E p_e},

counted in bins of E_e = T + m_e with a cut on E_e theta^2. The angle is exact; for a massive N it is smaller than for a
neutrino, E_e theta^2 = 2 m_e (1 - T/E) - M^2/E, so that the cut costs signal only through the angular resolution, taken
as a two-dimensional Gaussian. The Standard Model sample (nu e) is the same with M = 0.

**N that decays inside** the detector makes a photon along the electron. Within ``merge_m`` the two are one shower of
energy E_e + E_gamma, and the event counts if that lies in a bin, however soft the recoil (calorimeters without a cut on
the start of the shower; 0 elsewhere). Further in they look like two, and the event is lost: near is the way out of
the detector (averaged over the depth in the target, plus all that lies behind it), far is infinity, and the excluded region
has a ceiling. ``decay_inside =
"kept"`` counts such events as if N were stable, as publications that ignore the decay do.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import ClassVar

import numpy as np
import numpy.typing as npt
from scipy.special import chndtr

from nudipole import kinematics, units
from nudipole.errors import CardError, DomainError, NudipoleError
from nudipole.fluxes.flux import Flux, FluxComponent
from nudipole.inference.count_limits import CountStatistic, judged, whole
from nudipole.inference.count_models import Counts
from nudipole.inference.likelihood import Likelihood, Pull
from nudipole.inference.limits import ProfileStatistic, Statistic
from nudipole.inputs.cards import Background, Nuisance
from nudipole.matter import materials
from nudipole.portal import FLAVORS, Direction
from nudipole.processes.scattering import upscattering
from nudipole.processes.standard_model import neutrino_scattering as standard_model
from nudipole.signals.decay_in_flight import decay_rate, decay_widths, rest_cosine, share_below
from nudipole.signals.electron_recoil import card as electron_recoil_card
from nudipole.signals.electron_recoil.angle import etheta2
from nudipole.signals.electron_recoil.card import ElectronRecoilBeamCard, NormalisationSection
from nudipole.signals.protocol import Bins, Signal, crossed, stacked
from nudipole.signals.template import SignalTemplate, merge_nodes

FloatArray = npt.NDArray[np.float64]
_RECOILS_PER_BIN, _RECOILS = 8, 32  # nodes in ln T: at least so many in a bin, and about so many in all
_ENERGY_CELLS = 40
_MOMENTUM_GROUPS = 60
_WAYS_OUT = 4
_SOFTEST_RECOIL, _SHOWER_RECOILS = 1e-6, 40  # GeV; nodes in ln T where the photon makes the shower


CardType = ElectronRecoilBeamCard


def build(card: ElectronRecoilBeamCard, file: Path) -> ElectronRecoilBeam:
    """The experiment that the card describes, ready to compute."""
    electron_recoil_card.check_bins(card, file)
    fluxes = tuple(electron_recoil_card.flux(beam, index, file) for index, beam in enumerate(card.beam))
    try:
        material = materials.get(card.target.material)
    except NudipoleError as error:
        raise CardError(file, "target.material", card.target.material, str(error)) from None
    return ElectronRecoilBeam(card, file, fluxes, material.electrons_per_kg)


@dataclass(frozen=True)
class ElectronRecoilBeam:
    """An electron-recoil search under one preset; see :class:`nudipole.signals.protocol.Model`."""

    smooth_in_mass: ClassVar[bool] = True

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
        energy = crossed(("electron_energy", "GeV", self.edges))
        if len(self.fluxes) == 1:
            return Bins("E_e [GeV]", self.edges, self._observed, energy)
        names = [beam.name for beam in self.card.beam]
        columns = stacked("beam", [(name, energy) for name in names])
        return Bins("beam x energy bin", np.arange(self._size + 1.0), self._observed, columns)

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

    def acceptance(self, recoil: FloatArray, energy: FloatArray, mass: FloatArray) -> FloatArray:
        """Probability that the measured E_e theta^2 passes the cut, times the efficiency."""
        selection = self.card.selection
        if selection.etheta2_MeV is None:
            return np.full(np.broadcast_shapes(recoil.shape, energy.shape, mass.shape), selection.efficiency)
        cut = selection.etheta2_MeV * units.MEV
        true = etheta2(recoil, energy, mass)
        total = recoil + units.ELECTRON_MASS
        variance = (selection.angle_mrad * 1e-3) ** 2 + (selection.angle_mrad_sqrtGeV * 1e-3) ** 2 / total
        if selection.angle_mrad == selection.angle_mrad_sqrtGeV == 0.0:
            return selection.efficiency * (true < cut).astype(float)
        scale = total * variance
        return selection.efficiency * np.asarray(chndtr(cut / scale, 2.0, true / scale), dtype=float)

    # --- rates -------------------------------------------------------------------------------------------------------
    def _spectrum(
        self,
        recoil: FloatArray,
        coefficients: FloatArray,
        component: FluxComponent,
        intensity: FloatArray,
        masses: FloatArray,
    ) -> tuple[FloatArray, FloatArray]:
        """dn/dT per electron and unit coupling in cells of E, shape (m, t, cells), and the mean energy of each cell."""
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

    def electrons(self, index: int) -> float:
        """Electrons in the target times protons on it, for one beam setting."""
        beam = self.card.beam[index]
        tonnes = self.card.target.mass_tonne if beam.mass_tonne is None else beam.mass_tonne
        return 1e3 * tonnes * self.electrons_per_kg * (1.0 if beam.protons is None else beam.protons)

    @cached_property
    def _raw_standard_model(self) -> FloatArray:
        """nu-e events (beams, bins) from the flux as it stands, without flavours that the sample is cleared of."""
        recoil, weights = self._recoils
        massless = np.zeros(1)
        result = np.zeros((len(self.fluxes), weights.shape[1]))
        for index, flux in enumerate(self.fluxes):
            for component in flux.components:
                for flavor in (f for f in FLAVORS if f not in self.card.beam[index].subtracted):
                    intensity = component.flavor_intensity(flavor)
                    coefficients = standard_model.electron_energy_coefficients(recoil, flavor, component.antineutrino)
                    rate, energy = self._spectrum(recoil, coefficients[:, None, :], component, intensity, massless)
                    accepted = rate * self.acceptance(recoil[:, None], energy, massless[:, None, None])
                    result[index] += self.electrons(index) * accepted[0].sum(axis=-1) @ weights
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
        return Signal(templates=self._templates(masses, cells, direction), relative_shifts=shifts)

    def _counts(
        self, masses: FloatArray, direction: Direction, normalisation: FloatArray
    ) -> tuple[FloatArray, list[tuple[int, FloatArray, FloatArray]]]:
        """Counts per d^2 (masses, bins) without decay, and of each component the cells (beam, rate, energy of N)."""
        recoil, weights = self._recoils
        per_beam, cells = [], []
        coefficients = upscattering.electron_energy_coefficients(recoil, masses[:, None])
        for index, flux in enumerate(self.fluxes):
            scale = self.electrons(index) * normalisation[index]
            counts = np.zeros((len(masses), weights.shape[1]))
            for component in flux.components:
                intensity = component.effective(direction)
                if not np.any(intensity > 0):
                    continue
                rate, energy = self._spectrum(recoil, coefficients, component, intensity, masses)
                rate = scale * rate * self.acceptance(recoil[:, None], energy, masses[:, None, None])
                counts += rate.sum(axis=-1) @ weights
                cells.append((index, rate, energy - recoil[:, None]))
            per_beam.append(counts)
        return np.concatenate(per_beam, axis=1), cells

    def _showers(
        self, masses: FloatArray, direction: Direction
    ) -> tuple[FloatArray, list[tuple[int, FloatArray, FloatArray]]]:
        """Recoils of any size and, as in :meth:`_counts`, cells with their rate times dT: N whose photon may merge."""
        edges = np.geomspace(_SOFTEST_RECOIL, max(flux.maximum_energy for flux in self.fluxes), _SHOWER_RECOILS + 1)
        recoil = np.sqrt(edges[1:] * edges[:-1])
        width = recoil * np.diff(np.log(edges))
        coefficients = upscattering.electron_energy_coefficients(recoil, masses[:, None])
        cells = []
        for index, flux in enumerate(self.fluxes):
            scale = self.electrons(index) * self.normalisation[index] * self.card.selection.efficiency
            for component in flux.components:
                rate, energy = self._spectrum(recoil, coefficients, component, component.effective(direction), masses)
                cells.append((index, scale * rate * width[:, None], energy - recoil[:, None]))
        return recoil, cells

    def _merged_fraction(self, recoil: FloatArray, energy: FloatArray, majorana: bool) -> FloatArray:
        """Share of N -> nu gamma that puts E_e + E_gamma into each bin, shape energy.shape + (bins,).

        Dirac N have the helicity +1/2 that a beam makes: E_gamma/E_N = z has the density 2(1 - z); 1 for Majorana.
        """
        photon = self.edges - recoil[:, None, None] - units.ELECTRON_MASS
        cosine = rest_cosine(photon, energy[..., None], energy[..., None])  # N much faster than its mass
        return np.diff(share_below(cosine, 0.0 if majorana else 1.0), axis=-1)

    def _templates(
        self, masses: FloatArray, cells: list[tuple[int, FloatArray, FloatArray]], direction: Direction
    ) -> list[SignalTemplate]:
        """At each mass: N that leaves (several depths) and, if asked for, N whose photon merges with the electron."""
        _, weights = self._recoils
        geometry = self.card.geometry
        depth, share = np.polynomial.legendre.leggauss(_WAYS_OUT)
        ways = geometry.downstream_m + 0.5 * geometry.length_m * (1.0 + depth)
        decays = decay_widths(masses, direction)
        rates = decay_rate(decays.total, masses, 1.0)
        merging = geometry.merge_m > 0
        recoil, showers = self._showers(masses, direction) if merging else (np.zeros(0), [])
        majorana = direction.nature == "majorana"
        templates = []
        for row, mass in enumerate(masses):
            leaving = [(beam, rate[row][..., None] * weights[:, None, :], e[row]) for beam, rate, e in cells]
            summed, inverse = self._grouped(leaving, float(mass))
            extra = float(decays.extra[row])
            template = SignalTemplate.from_nodes(
                (summed[:, None, :] * (0.5 * share)[:, None]).reshape(-1, self._size),
                kappa=np.repeat(rates[row] * inverse, _WAYS_OUT),
                near=np.tile(ways, len(inverse)),
                far=np.inf,
                decay_norm=direction.decay_norm,
                extra=extra,
            )
            if merging:
                merged = [
                    (beam, rate[row][..., None] * self._merged_fraction(recoil, _positive(e[row]), majorana), e[row])
                    for beam, rate, e in showers
                ]
                summed, inverse = self._grouped(merged, float(mass))
                kappa, seen = rates[row] * inverse, decays.photon[row]
                template += SignalTemplate.from_nodes(
                    summed, kappa, 0.0, geometry.merge_m, seen, direction.decay_norm, extra
                )
            templates.append(template)
        return templates

    def _grouped(self, parts: list[tuple[int, FloatArray, FloatArray]], mass: float) -> tuple[FloatArray, FloatArray]:
        """Counts per d^2 in groups of N's momentum (groups, size), and their mean 1/p [1/GeV]; cells of any beam."""
        bins = len(self.edges) - 1
        limits = np.geomspace(1e-3, max(flux.maximum_energy for flux in self.fluxes) * 1.001, _MOMENTUM_GROUPS + 1)
        weights, momenta = [np.zeros((0, self._size))], [np.zeros(0)]
        for beam, weight, energy in parts:
            inside = np.zeros((energy.size, self._size))
            inside[:, beam * bins : (beam + 1) * bins] = weight.reshape(-1, bins)
            weights.append(inside)
            momenta.append(np.sqrt(np.maximum(energy**2 - mass**2, _positive(1e-3 * energy) ** 2)).ravel())
        momentum = np.concatenate(momenta)
        group = np.clip(np.searchsorted(limits, momentum) - 1, 0, _MOMENTUM_GROUPS - 1)
        joined = merge_nodes(group, np.concatenate(weights), 1.0 / momentum)
        return joined.weight, joined.means[0]

    def components(self) -> Mapping[str, FloatArray]:
        parts = {b.name: self._background(b) for b in self.card.background}
        if self.card.expectation == "standard-model":
            return {"standard model": self._standard_model} | parts
        return parts or {"background": np.zeros(self._size)}

    @property
    def largest_s(self) -> float:
        """Largest s [GeV^2] of neutrino and struck particle above its rest energy."""
        return 2.0 * units.ELECTRON_MASS * max(flux.maximum_energy for flux in self.fluxes)

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
            likelihood = self.likelihood.summed()
            try:
                counted = whole(float(likelihood.observed[0]))
            except DomainError as error:
                raise CardError(self.file, "beam.observed", likelihood.observed.tolist(), str(error)) from None
            return CountStatistic(Counts(counted, float(likelihood.background[0])), likelihood)
        profile = ProfileStatistic(self.likelihood, 1, observation.test == "one-sided")
        return judged(profile, data=self._observed is not None)


def _positive(values: FloatArray) -> FloatArray:
    """Energies [GeV] of cells, kept off zero in those without a rate."""
    return np.maximum(values, 1e-6)
