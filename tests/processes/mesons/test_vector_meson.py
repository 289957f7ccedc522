"""V -> nu N against explicit traces, and the numbers of the errata."""

import numpy as np
import pytest

from nudipole import units
from nudipole.errors import DomainError, UnknownNameError
from nudipole.processes.mesons import vector_meson as vm
from tests import dirac


def _width_from_traces(mass, hnl, decay_constant, charge):
    """Photon exchange at q^2 = m_V^2: M = (Q e f_V m_V / q^2) 2d eps_mu [u_nu sigma^{mu rho} q_rho P_R v_N]."""
    p = (mass**2 - hnl**2) / (2 * mass)
    nu, n = np.array([p, 0, 0, p]), np.array([mass - p, 0, 0, -p])
    q = nu + n
    vertices = [2 * dirac.sigma_q(mu, q) @ dirac.P_RIGHT for mu in range(4)]
    tensor = dirac.lepton_tensor(dirac.slash(nu), vertices, dirac.slash(n) - hnl * dirac.IDENTITY)
    polarisation = -dirac.METRIC + np.outer(q, q) / mass**2
    amplitude = (
        (charge * units.ELEMENTARY_CHARGE * decay_constant / mass) ** 2 * dirac.contract(tensor, polarisation) / 3
    )
    return amplitude * p / (8 * np.pi * mass**2)


@pytest.mark.parametrize("meson", vm.VECTOR_MESONS)
@pytest.mark.parametrize("fraction", [0.0, 0.1, 0.7, 0.99])
def test_width_agrees_with_explicit_traces(meson, fraction):
    vector = vm.VECTOR_MESONS[meson]
    hnl = fraction * vector.mass
    expected = _width_from_traces(vector.mass, hnl, vector.decay_constant, vector.charge)
    assert float(vm.width(meson, hnl)) == pytest.approx(expected, rel=1e-10, abs=0)


@pytest.mark.parametrize(("meson", "expected"), [("rho", 6e-16), ("omega", 9e-16), ("phi", 7e-15)])
def test_branching_ratios_of_the_errata(meson, expected):
    # both lepton-number states at d = 1e-6, M = 0.1 GeV; the errata round to one digit
    total = units.particle_width(vm.VECTOR_MESONS[meson].particle)
    assert 2e-12 * float(vm.width(meson, 0.1)) / total == pytest.approx(expected, rel=0.12, abs=0)


def test_decay_constants_are_the_familiar_ones():
    familiar = {"rho": 0.220, "omega": 0.195, "phi": 0.228, "J/psi": 0.416}
    for meson, value in familiar.items():
        assert vm.VECTOR_MESONS[meson].decay_constant == pytest.approx(value, rel=0.05, abs=0)


def test_threshold_and_kinematics():
    mass = vm.VECTOR_MESONS["phi"].mass
    assert float(vm.width("phi", mass)) == 0.0
    assert float(vm.width("phi", 2.0)) == 0.0
    near = vm.width("phi", mass * (1 - np.array([1e-3, 1e-4])))
    assert near[0] / near[1] == pytest.approx(100, rel=1e-2, abs=0)  # closes as (1-y)^2
    energy, weight = vm.hnl_energy_nodes("phi", 0.5)
    assert energy[0] == pytest.approx((mass**2 + 0.25) / (2 * mass), rel=1e-6, abs=0)
    assert weight[0] == float(vm.width("phi", 0.5))


def test_bad_input_is_named():
    with pytest.raises(UnknownNameError, match="rho"):
        vm.width("sigma", 0.1)
    with pytest.raises(UnknownNameError):
        vm.hnl_energy_nodes("sigma", 0.1)
    with pytest.raises(DomainError):
        vm.width("rho", np.nan)
