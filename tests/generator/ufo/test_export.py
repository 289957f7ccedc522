"""The exported UFO model: its structures and couplings, evaluated as numbers, give our widths and cross sections.

The model is imported as Python, as a matrix-element generator would; Lorentz structures are parsed and contracted with
explicit Dirac matrices.
"""

from __future__ import annotations

import cmath
import importlib
import re
import sys

import numpy as np
import pytest

import nudipole as nd
from nudipole import units
from nudipole.errors import OutputError
from nudipole.portal import Completion
from nudipole.processes.collisions import annihilation
from nudipole.processes.decays import gauge_decays, hnl_decay
from nudipole.processes.scattering import upscattering
from tests import dirac

MASS, D = 0.3, 2e-6
TERM = re.compile(r"([+-]?)\s*((?:[A-Za-z]+\([-\d,]+\)\*?)+)")
FACTOR = re.compile(r"([A-Za-z]+)\(([-\d,]+)\)")


@pytest.fixture
def load(tmp_path, monkeypatch):
    """Exports a model under a name of its own and imports it."""

    def make(name, **options):
        nd.ufo(tmp_path / name, mass=MASS, d=D, **options)
        monkeypatch.syspath_prepend(tmp_path)
        model = importlib.import_module(name)
        monkeypatch.setattr(sys, "dont_write_bytecode", True)
        return model

    return make


def parameters(model):
    """Values of all parameters, internal ones computed in order."""
    values = {}
    for parameter in model.all_parameters:
        value = parameter.value
        values[parameter.name] = value if isinstance(value, float) else _number(value, values)
    return values


def _number(text, values):
    """The value of an expression of a model file."""
    return complex(eval(text, {"cmath": cmath, "complex": complex, "__builtins__": {}}, values))


def vertex_matrix(model, members, momenta, **changes):
    """Matrices (4, ...) with the index of the boson first, of the vertex of these particles with incoming momenta (3, 4)."""
    values = parameters(model) | changes
    found = [v for v in model.all_vertices if [p.name for p in v.particles] == members]
    assert len(found) == 1, members
    (vertex,) = found
    total = 0.0
    for (_, index), coupling in vertex.couplings.items():
        total = total + _number(coupling.value, values) * structure(vertex.lorentz[index].structure, momenta)
    return total


def structure(text, momenta):
    """A structure with fermion 1 to the left, 2 to the right and the vector 3, shape (4 upper, 4, 4)."""
    result = np.zeros((4, 4, 4), dtype=complex)
    found = TERM.findall(text.replace("- ", "-").replace("+ ", "+"))
    assert found
    for sign, product in found:
        factors = [(name, [int(i) for i in inside.split(",")]) for name, inside in FACTOR.findall(product)]
        slashed = {i[0]: momenta[i[1] - 1] for name, i in factors if name == "P"}
        chain, here, left = np.eye(4, dtype=complex)[None], 1, [f for f in factors if f[0] != "P"]
        while left:
            name, inside = next(f for f in left if f[1][-2] == here)
            left.remove((name, inside))
            here = inside[-1]
            if name == "Gamma" and inside[0] == 3:
                matrix = np.stack(dirac.GAMMA)
            elif name == "Gamma":
                matrix = dirac.slash(slashed[inside[0]])[None]
            else:
                matrix = {"ProjP": dirac.P_RIGHT, "ProjM": dirac.P_LEFT, "Identity": dirac.IDENTITY}[name][None]
            chain = chain @ matrix
        assert here == 2
        result += (-1.0 if sign == "-" else 1.0) * np.broadcast_to(chain, (4, 4, 4))
    return result


def two_body(model, members, boson, lepton, **changes):
    """Width [GeV] of N -> lepton + boson, spins summed, from the vertex [lepton~, N, boson]."""
    size = np.sqrt((MASS**2 - (boson + lepton) ** 2) * (MASS**2 - (boson - lepton) ** 2)) / (2 * MASS)
    return _width(model, members, MASS, boson, lepton, size, **changes)


def _width(model, members, mass, boson, lepton, size, **changes):
    out = np.array([np.hypot(size, lepton), 0.0, 0.0, -size])
    vector = np.array([np.hypot(size, boson), 0.0, 0.0, size])
    rest = np.array([mass, 0.0, 0.0, 0.0])
    momenta = np.stack([-out, rest, -vector])  # all incoming
    matrix = vertex_matrix(model, members, momenta, **changes)
    sums = -dirac.METRIC + (np.outer(vector, vector) / boson**2 if boson > 0 else 0.0)
    lowered = dirac.METRIC @ sums @ dirac.METRIC
    total = 0.0
    incoming, left = dirac.slash(rest) + mass * dirac.IDENTITY, dirac.slash(out) + lepton * dirac.IDENTITY
    for mu in range(4):
        for nu in range(4):
            if lowered[mu, nu]:
                total += lowered[mu, nu] * dirac.trace(left, matrix[mu], incoming, dirac.bar(matrix[nu]))
    return float(np.real(total)) * 0.5 * size / (8 * np.pi * mass**2)


def test_the_photon_vertex_gives_the_radiative_width(load):
    model = load("portal_dirac")
    width = two_body(model, ["vm~", "N1", "a"], 0.0, 0.0)
    assert width == pytest.approx(D**2 * float(hnl_decay.radiative_width(MASS)), rel=1e-10, abs=0)
    assert two_body(model, ["ve~", "N1", "a"], 0.0, 0.0) == 0.0
    assert two_body(model, ["ve~", "N1", "a"], 0.0, 0.0, de=3e-6) == pytest.approx(2.25 * width, rel=1e-10, abs=0)


def test_the_conjugate_vertex_is_the_conjugate(load):
    model = load("portal_conjugate")
    rng = np.random.default_rng(4)
    momenta = rng.normal(size=(3, 4))
    one = vertex_matrix(model, ["vm~", "N1", "a"], momenta)
    other = vertex_matrix(model, ["N1~", "vm", "a"], np.stack([-momenta[1], -momenta[0], -momenta[2]]))
    # i L is anti-Hermitian under the bar
    for mu in range(4):
        assert np.allclose(dirac.bar(one[mu]), -other[mu], rtol=1e-12, atol=1e-18)


@pytest.mark.parametrize("ratio", [0.0, 1.0, -0.7])
def test_z_and_w_vertices_give_the_widths_of_a_heavy_n(load, ratio):
    completion = Completion("gauge", ratio)
    model = load(f"portal_gauge_{int(10 * ratio + 50)}", completion=completion)
    mass = 300.0
    for members, boson, lepton, factor in (
        (["vm~", "N1", "Z"], units.Z_MASS, 0.0, completion.z_over_gamma),
        (["mu+", "N1", "W-"], units.W_MASS, units.MUON_MASS, completion.w_over_gamma),
    ):
        size = np.sqrt((mass**2 - (boson + lepton) ** 2) * (mass**2 - (boson - lepton) ** 2)) / (2 * mass)
        if members[2] == "W-" and factor == 0.0:
            assert _width(model, members, mass, boson, lepton, size) == 0.0
            continue
        # a vertex [l+, N, W-] has the incoming fields l-bar, N, W-: the W+ of N -> l- W+ goes out
        expected = D**2 * factor**2 * float(gauge_decays.hnl_to_boson_width(mass, boson, lepton))
        assert _width(model, members, mass, boson, lepton, size) == pytest.approx(expected, rel=1e-6, abs=0)


def test_photon_exchange_gives_the_up_scattering_on_electrons(load):
    """nu_mu e -> N e from two exported vertices and a photon between them: the exact spin-1/2 spectrum."""
    model = load("portal_scattering")
    electron, energy, recoil = units.ELECTRON_MASS, 200.0, 60.0
    hnl = energy - recoil
    size = np.sqrt(hnl**2 - MASS**2)
    out_size = np.sqrt(recoil**2 + 2 * electron * recoil)
    cosine = (energy**2 + size**2 - out_size**2) / (2 * energy * size)
    nu = np.array([energy, 0, 0, energy])
    heavy = np.array([hnl, size * np.sqrt(1 - cosine**2), 0, size * cosine])
    before = np.array([electron, 0, 0, 0])
    after = nu + before - heavy
    q = heavy - nu  # into the dipole vertex
    dipole = vertex_matrix(model, ["N1~", "vm", "a"], np.stack([-heavy, nu, q]))
    current = vertex_matrix(model, ["e+", "e-", "a"], np.stack([-after, before, -q]))
    left = dirac.lepton_tensor(dirac.slash(heavy) + MASS * dirac.IDENTITY, list(dipole), dirac.slash(nu))
    right = dirac.lepton_tensor(
        dirac.slash(after) + electron * dirac.IDENTITY, list(current), dirac.slash(before) + electron * dirac.IDENTITY
    )
    q2 = -2 * electron * recoil
    squared = 0.5 * dirac.contract(left, right) / q2**2  # the neutrino has one helicity
    section = squared / (32 * np.pi * electron * energy**2)
    expected = D**2 * float(upscattering.spectrum_spin_half(recoil, energy, MASS, electron))
    assert section == pytest.approx(expected, rel=1e-4, abs=0)


def test_photon_and_z_exchange_give_annihilation(load):
    """e+ e- -> nu Nbar at 91 GeV and above, integrated over the angle."""
    completion = Completion("gauge", 0.0)
    model = load("portal_annihilation", completion=completion)
    values = parameters(model)
    s, mass = 150.0**2, 30.0
    beam, out = 75.0, (s - mass**2) / (2 * 150.0)
    node, weight = np.polynomial.legendre.leggauss(8)
    total = 0.0
    for c, w in zip(node, weight, strict=True):
        sine = np.sqrt(1 - c**2)
        minus, plus = np.array([beam, 0, 0, beam]), np.array([beam, 0, 0, -beam])
        nu = out * np.array([1.0, sine, 0, c])
        anti = np.array([np.hypot(out, mass), -out * sine, 0, -out * c])
        q = minus + plus
        amplitude_left, amplitude_right = [], []
        for boson in ("a", "Z"):
            one = vertex_matrix(model, ["e+", "e-", boson], np.stack([plus, minus, -q]), Me=0.0)
            two = vertex_matrix(model, ["vm~", "N1", boson], np.stack([-nu, -anti, q]))
            z = boson == "Z"
            propagator = 1.0 / (s - values["MZ"] ** 2 + 1j * values["MZ"] * values["WZ"]) if z else 1.0 / s
            amplitude_left.append(one * propagator)
            amplitude_right.append(two)
        squared = 0.0
        for one, two in zip(amplitude_left, amplitude_right, strict=True):
            for other_one, other_two in zip(amplitude_left, amplitude_right, strict=True):
                first = _tensor(dirac.slash(plus), one, dirac.slash(minus), other_one)
                second = _tensor(dirac.slash(nu), two, dirac.slash(anti) - mass * dirac.IDENTITY, other_two)
                signs = np.diag(dirac.METRIC)
                squared += np.sum(first * second * signs[:, None] * signs)
        total += w * 0.25 * np.real(squared) * out / (beam * 32 * np.pi * s) * 1.0
    expected = D**2 * float(annihilation.cross_section(s, mass, "e", completion.z_over_gamma))
    assert total == pytest.approx(expected, rel=1e-3, abs=0)


def _tensor(outgoing, vertex, incoming, other):
    return np.array(
        [[dirac.trace(outgoing, vertex[m], incoming, dirac.bar(other[n])) for n in range(4)] for m in range(4)]
    )


def test_a_majorana_n_is_its_own_antiparticle(load):
    model = load("portal_majorana", majorana=True)
    (hnl,) = [p for p in model.all_particles if p.name == "N1"]
    assert hnl.selfconjugate
    assert hnl.pdg_code == 9900012
    with pytest.raises(ValueError, match="own antiparticle"):
        hnl.anti()
    card = {p.name: p.value for p in model.all_parameters}
    assert card["WN1"] == pytest.approx(2 * nd.Portal(MASS, D).width, rel=1e-9, abs=0)


def test_the_parameter_card_holds_every_external_parameter(load, tmp_path):
    model = load("portal_card", completion=Completion("gauge", 0.5))
    text = (tmp_path / "portal_card" / "param_card.dat").read_text()
    for parameter in model.all_parameters:
        if parameter.nature == "external":
            assert f"{parameter.value:.10e} # {parameter.name}" in text
    model.write_param_card.write_card(str(tmp_path / "card.dat"))
    assert sorted((tmp_path / "card.dat").read_text().split()) == sorted(text.split())
    used = {c for v in model.all_vertices for c in v.couplings.values()}
    assert used == set(model.all_couplings)
    assert {lo for v in model.all_vertices for lo in v.lorentz} <= set(model.all_lorentz)


def test_charges_and_lepton_numbers_are_conserved(load):
    model = load("portal_charges", completion=Completion("gauge", 1.0))
    for vertex in model.all_vertices:
        assert sum(p.charge for p in vertex.particles) == pytest.approx(0.0, abs=1e-12)
        assert sum(p.LeptonNumber for p in vertex.particles) == 0


def test_folders_that_are_taken_and_names_that_are_none_are_refused(tmp_path):
    (tmp_path / "model").mkdir()
    (tmp_path / "model" / "note").write_text("mine")
    with pytest.raises(OutputError, match="not an empty folder"):
        nd.ufo(tmp_path / "model")
    with pytest.raises(OutputError, match="no name"):
        nd.ufo(tmp_path / "my-model")
    with pytest.raises(OutputError, match="cannot be written"):
        nd.ufo(tmp_path / "none" / "model")
    assert [p.name for p in tmp_path.iterdir()] == ["model"]
