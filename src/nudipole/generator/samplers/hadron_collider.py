"""Events of mono-photon searches at proton-proton colliders: q qbar -> nu N, N -> nu gamma inside the radius."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import ClassVar

import numpy as np
import numpy.typing as npt

from nudipole import units
from nudipole.errors import DomainError
from nudipole.fluxes.hadrons.parton_luminosity import PartonLuminosity, proton_proton
from nudipole.generator.samplers.lepton_collider import _flavors, _named
from nudipole.generator.samplers.sampler import Weighing
from nudipole.generator.samplers.upscattering import hnl_pdg
from nudipole.generator.sampling.decay import Decays, boosted, decayed
from nudipole.generator.table import Columns
from nudipole.processes.collisions import annihilation
from nudipole.signals.hadron_collider import photon_timing
from nudipole.signals.hadron_collider.model import HadronColliderModel
from nudipole.signals.hadron_collider.search import QUARKS, Production

FloatArray = npt.NDArray[np.float64]
QUARK_PDG = {"d": 1, "u": 2, "s": 3, "c": 4, "b": 5}


@dataclass(frozen=True)
class HadronColliderSampler(Weighing):
    """Draws events of one point of theory; see :class:`nudipole.generator.samplers.sampler.Sampler`."""

    model: HadronColliderModel
    processes: ClassVar[dict[int, str]] = {31: "q qbar -> nu N, N decays inside"}
    note: ClassVar[str] = (
        "every N decays inside the transverse radius (forced); partons of twice the least transverse momentum or more; the "
        "weight is the expected number of such decays"
    )

    @cached_property
    def decays(self) -> Decays:
        return Decays.of(self.portal)

    @cached_property
    def production(self) -> Production:
        made = Production.of(self.model.completed(self.portal.direction), self.model.search)
        if made.w_over_gamma_lost > 0.0:
            raise DomainError("events of a mono-photon search know no lost lepton of a W dipole: choose d_W = 0")
        return made

    @cached_property
    def luminosity(self) -> PartonLuminosity:
        return proton_proton(self.model.search.sqrt_s)

    def trials(self, rng: np.random.Generator, number: int) -> Columns:
        """See :class:`nudipole.generator.samplers.sampler.Weighing`."""
        mass, search, luminosity = self.portal.mass, self.model.search, self.luminosity
        low = max(2.0 * search.threshold, mass * (1.0 + 1e-9), luminosity.sqrt_s_hat[0])
        if not 0.0 < mass < luminosity.sqrt_s_hat[-1]:
            raise DomainError(f"{self.model.card.key} expects no events at this mass")
        span = np.log(luminosity.sqrt_s_hat[-1] / low)
        # more of the small energies, where most of the rate is
        u = rng.random(number)
        root = low * np.exp(span * u**2)
        jacobian = 2.0 * span * u
        column = rng.integers(0, luminosity.rapidity_edges.size - 1, number)
        edges = luminosity.rapidity_edges
        rapidity = edges[column] + (edges[column + 1] - edges[column]) * rng.random(number)
        rapidity = np.where(rng.random(number) < 0.5, rapidity, -rapidity)
        s, rows = root**2, np.arange(number)
        each = np.stack(
            [
                luminosity.binned(quark, root)[rows, column]
                * 2.0 * annihilation.cross_section(s, mass, quark, self.production.z_over_gamma)
                for quark in QUARKS
            ]
        )  # fmt: skip
        total = np.cumsum(each, axis=0)
        quark = np.sum(total[:-1] <= rng.random(number) * total[-1], axis=0)
        cosine = 2.0 * rng.random(number) - 1.0
        shape = 1.5 * ((1.0 - cosine**2) * s + (1.0 + cosine**2) * mass**2) / (s + 2.0 * mass**2)
        rate = total[-1] / units.FEMTOBARN * 2.0 * jacobian * (len(edges) - 1)  # d ln tau = 2 d ln sqrt(s_hat)
        weight = rate * shape * search.luminosity * self.portal.d**2 * self.portal.direction.decay_norm
        helicity = annihilation.helicity(cosine, s, mass) if self._polarised else np.zeros(number)
        energy, momentum = 0.5 * (root + mass**2 / root), 0.5 * (root - mass**2 / root)
        sine, turn = np.sqrt(1.0 - cosine**2), 2.0 * np.pi * rng.random(number)
        rest = (energy, momentum * sine * np.cos(turn), momentum * sine * np.sin(turn), momentum * cosine)
        pair = (root * np.cosh(rapidity), 0.0 * root, 0.0 * root, root * np.sinh(rapidity))
        hnl = boosted(rest, pair, root)
        return self._seen(rng, root, rapidity, quark, hnl, helicity, weight)

    @property
    def _polarised(self) -> bool:
        return not self.model.search.isotropic

    def _seen(
        self,
        rng: np.random.Generator,
        root: FloatArray,
        rapidity: FloatArray,
        quark: npt.NDArray[np.int64],
        hnl: tuple[FloatArray, FloatArray, FloatArray, FloatArray],
        helicity: FloatArray,
        weight: FloatArray,
    ) -> Columns:
        search, number, light = self.model.search, len(root), 1e9 / units.SPEED_OF_LIGHT
        size = np.maximum(np.sqrt(hnl[1] ** 2 + hnl[2] ** 2 + hnl[3] ** 2), 1e-300)
        across = np.maximum(np.hypot(hnl[1], hnl[2]) / size, 1e-12)
        unit = (hnl[1] / size, hnl[2] / size, hnl[3] / size)
        rate = self.decays.rate(size)
        inside = -np.expm1(-rate * search.radius / across)
        chance = np.ones(number) if self.natural else inside
        path = -np.log1p(-rng.random(number) * chance) / np.maximum(rate, 1e-300)
        anti, flavor = rng.random(number) < 0.5, _flavors(rng, self.portal.direction.couplings, number)
        none, swapped = np.zeros(number), rng.random(number) < 0.5
        code = np.array([QUARK_PDG[name] for name in QUARKS])[quark] * np.where(swapped, -1, 1)
        one, two = 0.5 * root * np.exp(rapidity), 0.5 * root * np.exp(-rapidity)
        columns: Columns = _named(hnl, "hnl") | {
            "weight": weight * chance * self.decays.generated,
            "beam_pdg": code, "beam_E": one, "beam_px": none, "beam_py": none, "beam_pz": one,
            "target_pdg": -code, "target_E": two, "target_px": none, "target_py": none, "target_pz": -two,
            "hnl_pdg": hnl_pdg(anti, self.decays.majorana), "recoil_pdg": np.where(anti, flavor, -flavor),
            "polarisation": np.where(anti, -helicity, helicity), "kappa": self.decays.kappa(size),
            "process": np.full(number, 31), "path": path, "decay_x": path * unit[0], "decay_y": path * unit[1],
            "decay_z": path * unit[2], "decay_t": light * path * hnl[0] / size,
        }  # fmt: skip
        columns |= decayed(rng, self.decays, hnl, unit, helicity, anti, flavor)
        photon = np.stack([columns[f"photon_p{axis}"] for axis in "xyz"], axis=1)
        transverse = np.hypot(photon[:, 0], photon[:, 1])
        eta = np.abs(np.arcsinh(photon[:, 2] / np.maximum(transverse, 1e-300)))
        edges = np.asarray(search.missing_edges)
        place = np.searchsorted(edges, transverse) - 1
        selected = (columns.pop("channel") == 0) & (transverse > search.photon_pt_min) & (eta < search.eta_max)
        selected &= path * across <= search.radius * (1.0 + 1e-12)
        selected &= ~((eta > search.eta_gap[0]) & (eta < search.eta_gap[1])) & (place >= 0) & (place < len(edges) - 1)
        ray = photon / np.maximum(columns["photon_E"], 1e-300)[:, None]
        flight = np.stack(unit, axis=1)
        if search.selection == "displaced":
            selected &= np.abs(photon_timing.closest_approach(flight, ray)) * path > search.impact_min
        elif search.selection == "delayed":
            selected &= photon_timing.delay(path, flight, ray, size / hnl[0], search.radius) > search.delay_min
        efficiency = np.full(number, search.efficiency)
        bins = np.where(selected, place, -1).astype(np.int32)
        return columns | {"efficiency": efficiency, "selected": selected, "bin": bins}
