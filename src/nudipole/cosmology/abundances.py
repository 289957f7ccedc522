r"""Light elements of a history: the adapter to the BBN code primat, and the only place that knows it.

primat (Pitrou et al. 2018) is an optional extra under the GPL: ``pip install nudipole[cosmology]``. It is given T_gamma(t),
a(t) and the neutrino distribution of our :class:`~nudipole.cosmology.evolution.History` and returns abundances. The
neutrino enters the n <-> p rates as the Fermi-Dirac law of (T_nu, mu_nu), the same for nu_e and its antiparticle. Nothing
is written to disk. Everything else in this package works from the shipped grid without it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from nudipole import units
from nudipole.cosmology.evolution import History
from nudipole.errors import DomainError, MissingExtraError, check_choice, check_positive
from nudipole.processes.plasma.relativistic_plasma import fermi

FloatArray = npt.NDArray[np.float64]
NETWORKS = ("small_parthenope", "small")
BARYON_DENSITY = 0.02242  # Omega_b h^2, Planck 2018 with BAO (1807.06209, Table 2)
PRECISION = 1e-5  # relative tolerance of the network; 1e-7 moves Y_p by less than 1e-5


@dataclass(frozen=True)
class Abundances:
    """Helium mass fraction Y_p; number ratios to hydrogen of D, 3He (+T) and 7Li (+7Be)."""

    helium: float
    deuterium: float
    helium3: float
    lithium7: float


def abundances(history: History, baryon_density: float = BARYON_DENSITY, network: str = NETWORKS[0]) -> Abundances:
    """Primordial abundances of a history.

    Parameters
    ----------
    history : History
        From :func:`nudipole.cosmology.evolution.evolve`.
    baryon_density : float
        Omega_b h^2 today; baryons are counted against photons today, after every late decay.
    network : {"small_parthenope", "small"}
        Nuclear rates: those of PArthENoPE or of primat, 2.5 % apart in D/H.

    Raises
    ------
    MissingExtraError
        If primat is not installed.
    DomainError
        If the history does not cover 10 MeV to 1 keV, or primat finds no solution.
    """
    check_positive(baryon_density=baryon_density)
    check_choice("nuclear network", network, NETWORKS)
    if history.photon_temperature[0] < 1.5e-2 or history.photon_temperature[-1] > 1e-6:
        raise DomainError("light elements need a history from above 15 MeV to below 1 keV")
    try:
        import primat
        from primat.config import PRIMATConfig
        from primat.plasma import Plasma
    except ImportError:
        raise MissingExtraError("primat", "cosmology", "the live computation of light elements") from None
    config = PRIMATConfig(
        {
            "network": network,
            "Omegabh2": baryon_density,
            "incomplete_decoupling": False,
            "spectral_distortions": False,
            "thermal_corrections": False,
            "weak_rate_cache": False,  # its cache does not know our neutrinos
            "save_nTOp": False,
            "show_progress": False,
            "numerical_precision": PRECISION,
            "T_start_cosmo_MeV": float(history.photon_temperature[0] / units.MEV) * 0.999,
        }
    )
    background = _background_class()(config, Plasma(config), history)
    result: dict[str, Any] = primat.PRIMAT(background=background).solve()
    values = Abundances(*(float(result[key]) for key in ("YPBBN", "DoH", "He3oH", "Li7oH")))
    if not 0 < values.helium < 1:
        raise DomainError(f"primat found no sensible helium fraction, Y_p = {values.helium:g}")
    return values


def _background_class() -> Any:
    from primat.background import CustomBackground
    from primat.weak_rates import RecomputeWeakRates

    class HistoryBackground(CustomBackground):  # type: ignore[misc]
        """primat's user background, fed from memory instead of from a file that parallel runs would share."""

        def _load_table(self, history: History) -> None:
            log_t, log_time, log_a = (
                np.log(v) for v in (history.photon_temperature / units.MEV, history.time, history.scale)
            )
            if np.any(np.diff(log_t) >= 0):
                raise DomainError("the photon temperature must fall all the way; energy is released too suddenly")
            self._history, self.has_scale_factor = history, True
            self.T_of_t, self.t_of_T = _log_interpolant(log_time, log_t), _log_interpolant(log_t[::-1], log_time[::-1])
            self.a_of_t, self.t_of_a = _log_interpolant(log_time, log_a), _log_interpolant(log_a, log_time)
            self.a_of_T, self.T_of_a = _log_interpolant(log_t[::-1], log_a[::-1]), _log_interpolant(log_a, log_t)
            self._t_asc, self._T_by_t, self._a_by_t = (np.exp(v) for v in (log_time, log_t, log_a))

        def _setup_neutrino_history(self) -> None:
            history = self._history
            rising = slice(None, None, -1)
            self.Tg_vec = history.photon_temperature[rising] / units.MEV
            # primat integrates around a plain Fermi-Dirac law: the warmest that our neutrinos and photons both cover
            reference = np.minimum(history.neutrino_temperature, history.photon_temperature)
            self.Tnue_vec = reference[rising] / units.MEV
            temperature = _log_interpolant(np.log(self.Tg_vec), np.log(self.Tnue_vec))
            self._Tnue_of_Tg = self._Tnumu_of_Tg = self._Tnutau_of_Tg = temperature

        def _setup_weak_rates(self) -> None:
            history = self._history
            log_t = np.log(history.photon_temperature[::-1] / units.MEV)
            ratio = np.log(history.neutrino_temperature / history.photon_temperature)[::-1]
            degeneracy = history.neutrino_degeneracy[::-1]
            electron_mass = units.ELECTRON_MASS / units.MEV

            def distortion(energy: FloatArray, x: FloatArray, reference: FloatArray, sign: float) -> FloatArray:
                """Deviation from the reference law; energies in m_e, negative ones stand for a blocked final state."""
                here = np.log(electron_mass / x)
                t_over_photon, z = np.exp(np.interp(here, log_t, ratio)), np.interp(here, log_t, degeneracy)
                size = np.abs(energy)
                deviation = fermi(size * x / t_over_photon - z) - fermi(size * reference)
                return np.sign(energy) * deviation

            distortion.vectorized = True  # type: ignore[attr-defined]
            rates = RecomputeWeakRates([self.Tg_vec, self.Tnue_vec], self.cfg, dFDneu_func=distortion)
            self.weak_nTOp_raw, self.weak_pTOn_raw = rates
            self._norm_weak_rates = 1.0 / self.cfg.tau_n

        def rho_nu_total_final(self) -> None:
            """N_eff is ours, not primat's."""
            return

    return HistoryBackground


def _log_interpolant(x: FloatArray, y: FloatArray) -> Any:
    """exp(cubic spline of y in x) as a function of e^x, extended linearly outside."""
    from scipy.interpolate import CubicSpline

    spline = CubicSpline(x, y)
    slopes = (float(spline(x[0], 1)), float(spline(x[-1], 1)))

    def evaluate(value: npt.ArrayLike) -> Any:
        at = np.log(np.asarray(value, dtype=float))
        inside = np.clip(at, x[0], x[-1])
        log_y = spline(inside) + slopes[0] * np.minimum(at - x[0], 0.0) + slopes[1] * np.maximum(at - x[-1], 0.0)
        result = np.exp(log_y)
        return float(result) if result.ndim == 0 else result

    return evaluate
