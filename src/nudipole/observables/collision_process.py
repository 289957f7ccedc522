"""Cross sections and distributions of one initial state of a collider with its exchanges, per d^2: behind ``nd.collider``."""

from __future__ import annotations

import warnings

import numpy as np
import numpy.typing as npt

from nudipole import units
from nudipole.errors import DomainError, check_between, check_choice, check_positive
from nudipole.fluxes.hadrons import parton_luminosity
from nudipole.portal import FLAVORS, Completion
from nudipole.processes.collisions import annihilation, mono_photon, mono_photon_w
from nudipole.processes.collisions.annihilation import State
from nudipole.processes.validity import OutOfReachWarning, check_effective_theory

FloatArray = npt.NDArray[np.float64]
#: Initial state: the fermion that annihilates, or none for two protons.
INITIAL = {"e+e-": "e", "mu+mu-": "mu"} | {f"{q}{q}bar": q for q in ("u", "d", "s", "c", "b")} | {"pp": ""}
#: Variable: key of its values and of the distribution in the result.
VARIABLES = {
    "cosine": ("cosine", "dsigma_dcosine_GeV-2"),
    "photon_energy": ("photon_energy_GeV", "dsigma_dE_GeV-3"),
    "photon_cosine": ("photon_cosine", "dsigma_dcosine_GeV-2"),
    "pair_mass": ("pair_mass_GeV", "dsigma_dm_GeV-3"),
}
STATES = ("sum", "nubar N", "nu Nbar")
_NODES = 48


class CollisionProcess:
    """One initial state with its exchanges: everything per d^2."""

    def __init__(self, initial: str, flavor: str, completion: Completion, state: str) -> None:
        check_choice("initial state", initial, INITIAL)
        check_choice("flavor", flavor, FLAVORS)
        check_choice("lepton-number state", state, STATES)
        self.initial, self.fermion, self.state = initial, INITIAL[initial], state
        self.protons = not self.fermion
        self.z = completion.z_over_gamma
        self.w = completion.w_over_gamma if flavor == "e" and initial == "e+e-" else 0.0
        self.largest = completion.largest_over_gamma
        self.copies = 2.0 if state == "sum" else 1.0

    @property
    def one_state(self) -> State:
        return "nubar N" if self.state == "nubar N" else "nu Nbar" if self.state == "nu Nbar" else "sum"

    def check_cuts(
        self, variable: str | None, energy_min: float | None, cosine_max: float, pair_min: float | None
    ) -> None:
        if energy_min is not None:
            if self.initial != "e+e-":
                raise DomainError(
                    f"photon_energy_min asks for e+ e- -> nu N gamma: {self.initial} has no such process here"
                )
            check_positive(photon_energy_min=energy_min)
            if not 0.0 < cosine_max < 1.0:
                raise DomainError(f"photon_cosine_max must lie between 0 and 1, got {cosine_max:g}")
        if pair_min is not None:
            if not self.protons:
                raise DomainError("pair_mass_min belongs to pp: the pair of a single collision has the mass sqrt(s)")
            check_positive(pair_mass_min=pair_min)
        if variable is None:
            return
        check_choice("variable", variable, VARIABLES)
        photon, protons = variable.startswith("photon"), variable == "pair_mass"
        if photon != (energy_min is not None) or protons != self.protons:
            own = "pair_mass" if self.protons else "cosine, or with photon_energy_min photon_energy and photon_cosine"
            raise DomainError(f"no distribution in {variable} here: {self.initial} has {own}")

    def warn(self, roots: FloatArray, couplings: FloatArray) -> None:
        """Of couplings at which the operator ends; those of protons at a tenth of their energy, beyond which few quarks are."""
        if roots.size:
            s = (0.1 * roots if self.protons else roots) ** 2
            check_effective_theory(couplings, s, self.fermion or "u", self.z, self.largest)

    def total(self, roots: FloatArray, masses: FloatArray) -> FloatArray:
        return self.copies * annihilation.cross_section(roots**2, masses, self.fermion, self.z, self.w)

    def asymmetry(self, roots: FloatArray, masses: FloatArray) -> FloatArray:
        """(F - B)/(F + B); with a W by quadrature in the logarithm of the distance to its pole; zero below threshold."""
        if self.state == "sum":
            return np.zeros(roots.shape)
        is_open = roots > masses
        safe = np.where(is_open, roots, 2.0 * masses + 1.0)
        if not self.w:
            found = annihilation.forward_backward_asymmetry(safe**2, masses, self.fermion, self.z, self.one_state)
            return np.where(is_open, found, 0.0)
        pole = 1.0 + 2.0 * units.W_MASS**2 / ((safe - masses) * (safe + masses))
        node, weight = np.polynomial.legendre.leggauss(_NODES)
        halves = []
        for near, far in ((pole - 1.0, pole), (pole, pole + 1.0)):
            low, span = np.log(near)[..., None], np.log(far / near)[..., None]
            gap = np.exp(low + 0.5 * span * (node + 1.0))
            cosine = np.clip(pole[..., None] - gap, -1.0, 1.0)
            sign = 1.0 if self.state == "nubar N" else -1.0  # the pole is forward for N, backward for Nbar
            density = self.angular(sign * cosine, safe[..., None], masses[..., None])
            halves.append(np.sum(0.5 * span * weight * gap * density, axis=-1))
        sign = 1.0 if self.state == "nubar N" else -1.0
        return np.where(is_open, sign * (halves[0] - halves[1]) / (halves[0] + halves[1]), 0.0)

    def angular(self, cosine: npt.ArrayLike, roots: npt.ArrayLike, masses: npt.ArrayLike) -> FloatArray:
        s = np.asarray(roots, dtype=float) ** 2
        return annihilation.angular_distribution(cosine, s, masses, self.fermion, self.z, self.one_state, self.w)

    # --- with a photon ------------------------------------------------------------------------------------------------
    def photon(self, x: FloatArray, cosine: FloatArray, root: float, mass: float) -> FloatArray:
        """d^2 sigma / dx dcos(theta)."""
        if self.w:  # the mean of both lepton-number states
            return self.copies * mono_photon_w.signal_distribution(x, cosine, root**2, mass, self.z, self.w)
        return self.copies * mono_photon.signal_distribution(x, cosine, root**2, mass, self.z)

    def photon_total(self, cosine_max: float, root: float, mass: float, energy_min: float) -> float:
        x, weight = self._photon_nodes(root, mass, energy_min)
        return float(weight @ self._over_cosine(x, root, mass, cosine_max)) if x.size else 0.0

    def _photon_nodes(self, root: float, mass: float, energy_min: float) -> tuple[FloatArray, FloatArray]:
        """Nodes in x of every photon energy, logarithmic, with panels about the return to the Z; none if closed."""
        low, high = 2.0 * energy_min / root, 1.0 - (mass / root) ** 2
        if not low < high:
            return np.zeros(0), np.zeros(0)
        pole, width = 1.0 - (units.Z_MASS / root) ** 2, units.Z_MASS * units.Z_WIDTH / root**2
        inner = [pole + k * width for k in (-20, -5, -1.5, 0, 1.5, 5, 20)] if self.z else []
        edges = np.array([low, *sorted(x for x in [*inner, 0.9 * high, 0.99 * high] if low < x < high), high])
        node, weight = np.polynomial.legendre.leggauss(
            10 if self.w else 32
        )  # a W costs an integral over N at each node
        logs = np.log(edges)
        half = 0.5 * np.diff(logs)[:, None]
        x = np.exp(logs[:-1, None] + half * (node + 1.0)).ravel()
        return np.minimum(x, 1.0 - 1e-12), (half * weight).ravel() * x

    def _over_cosine(self, x: FloatArray, root: float, mass: float, cosine_max: float) -> FloatArray:
        """dsigma/dx within the largest cosine: closed where there is no W, else nodes in the rapidity of the photon."""
        if not self.w:
            reduced = np.maximum(root**2 * (1.0 - x), 1e-12 * root**2)
            sigma = np.where(reduced > mass**2, annihilation.cross_section(reduced, mass, "e", self.z), 0.0)
            return self.copies * mono_photon.radiator_integral(x, cosine_max) * sigma
        node, weight = np.polynomial.legendre.leggauss(12)
        reach = np.arctanh(cosine_max)
        cosine = np.tanh(reach * node)
        density = self.photon(x[:, None], cosine, root, mass)
        return density @ (reach * weight * (1.0 - cosine**2))

    # --- two protons --------------------------------------------------------------------------------------------------
    def pair_mass_min(self, roots: FloatArray, masses: FloatArray, given: float | None) -> FloatArray:
        """Where the integral over the mass of the pair begins."""
        start = float(_luminosity(roots).sqrt_s_hat[0])
        if given is not None:
            if given < start:
                raise DomainError(f"pair_mass_min must be at least {start:g} GeV, where the parton luminosities begin")
            return np.maximum(masses, given)
        if np.any(masses < start):
            warnings.warn(
                f"the parton luminosities begin at {start:g} GeV: pairs below are not in the cross section of lighter N",
                OutOfReachWarning,
                stacklevel=4,
            )
        return np.maximum(masses, start)

    def proton_density(self, pair_mass: FloatArray, mass: float) -> FloatArray:
        """dsigma/dln(tau): tau = (m/sqrt(s))^2, so that dsigma/dm = 2/m times this."""
        luminosity = parton_luminosity.proton_proton()
        sigma = np.zeros(pair_mass.shape)
        for quark in ("u", "d", "s", "c", "b"):
            hard = annihilation.cross_section(pair_mass**2, mass, quark, self.z)
            sigma = sigma + luminosity.total(quark, pair_mass) * hard
        return self.copies * sigma

    def proton_total(self, root: float, mass: float, low: float) -> float:
        """Nodes in the logarithm of the pair's mass, with panels about the Z."""
        del root  # the luminosities are those of one energy
        high = float(parton_luminosity.proton_proton().sqrt_s_hat[-1])
        if not low < high:
            return 0.0
        inner = [units.Z_MASS + k * units.Z_WIDTH for k in (-12, -3, -1, 0, 1, 3, 12)] if self.z else []
        decades = [1.05 * low, 1.3 * low, 2.0 * low, 5.0 * low, 20.0 * low]
        edges = np.log([low, *sorted(m for m in {*inner, *decades} if low < m < high), high])
        node, weight = np.polynomial.legendre.leggauss(24)
        half = 0.5 * np.diff(edges)[:, None]
        nodes = np.clip(np.exp(edges[:-1, None] + half * (node + 1.0)).ravel(), low, high)
        return float((half * weight).ravel() @ (2.0 * self.proton_density(nodes, mass)))

    # --- distributions ------------------------------------------------------------------------------------------------
    def distribution(
        self,
        variable: str,
        values: npt.ArrayLike | None,
        root: float,
        mass: float,
        cut: tuple[float | None, float, float | None],
    ) -> tuple[FloatArray, FloatArray]:
        """Values and density per d^2."""
        energy_min, cosine_max, pair_min = cut
        if variable == "cosine":
            at = np.linspace(-1.0, 1.0, 101) if values is None else np.asarray(values, dtype=float)
            check_between(-1.0, 1.0, cosine=at)
            return at, self.angular(at, root, mass)
        if variable == "pair_mass":
            low = float(self.pair_mass_min(np.array(root), np.array(mass), pair_min))
            high = float(parton_luminosity.proton_proton().sqrt_s_hat[-1])
            at = np.geomspace(low, high, 200) if values is None else np.asarray(values, dtype=float)
            check_positive(pair_mass=at)
            inside = (at >= low) & (at <= high)
            safe = np.where(inside, at, high)
            return at, np.where(inside, 2.0 / safe * self.proton_density(safe, mass), 0.0)
        assert energy_min is not None
        if variable == "photon_energy":
            high = 0.5 * root * (1.0 - (mass / root) ** 2)
            grid = np.geomspace(energy_min, max(high, 1.001 * energy_min), 200)
            at = grid if values is None else np.asarray(values, dtype=float)
            check_positive(photon_energy=at)
            x = 2.0 * at / root
            inside = (at >= energy_min) & (at < high)
            safe = np.where(inside, x, 0.5)
            density = self._over_cosine(safe.ravel(), root, mass, cosine_max).reshape(safe.shape)
            return at, np.where(inside, 2.0 / root * density, 0.0)
        at = np.linspace(-cosine_max, cosine_max, 101) if values is None else np.asarray(values, dtype=float)
        check_between(-1.0, 1.0, photon_cosine=at)
        x, weight = self._photon_nodes(root, mass, energy_min)
        inside = np.abs(at) <= cosine_max
        safe = np.where(inside, at, 0.0)[..., None]
        return at, np.where(inside, np.sum(weight * self.photon(x, safe, root, mass), axis=-1), 0.0)


def _luminosity(roots: FloatArray) -> parton_luminosity.PartonLuminosity:
    for root in np.unique(roots):
        parton_luminosity.proton_proton(float(root))
    return parton_luminosity.proton_proton()
