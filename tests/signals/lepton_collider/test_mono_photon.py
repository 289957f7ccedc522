"""Single-photon signals: yields against direct integration, limits of prompt and escaping N, and scaling."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nudipole import units
from nudipole.errors import DomainError
from nudipole.fluxes.hadrons.parton_luminosity import proton_proton
from nudipole.portal import Completion, Direction
from nudipole.processes.collisions import annihilation, mono_photon
from nudipole.signals.hadron_collider import mono_photon as lhc
from nudipole.signals.hadron_collider.search import QUARKS, MonoPhotonSearch
from nudipole.signals.lepton_collider import mono_photon as collider
from nudipole.signals.lepton_collider import radiated_photon
from nudipole.signals.lepton_collider import recasts as collider_recasts
from nudipole.signals.lepton_collider.acceptance import LeptonCollider, PhotonAcceptance

MU = Direction("mu")
HERMETIC = PhotonAcceptance(cosine_max=1 - 1e-12)
LEP2 = LeptonCollider(189.0, 177.3, PhotonAcceptance(0.966, x_transverse_min=0.05), radius=2.4, half_length=2.3)
ATLAS = MonoPhotonSearch(36.1, (150.0, 225.0, 300.0, np.inf), 150.0, 2.37, (1.37, 1.52), 0.8)


def prompt(template) -> np.ndarray:
    return template.weight.sum(axis=0)


@pytest.mark.parametrize("mass", [0.01, 3.0, 50.0, 80.0])
@pytest.mark.parametrize("completion", [Completion(), Completion("gauge", 0.0), Completion("gauge", -1.5)])
@pytest.mark.parametrize("flavor", ["e", "tau", "coherent"])
def test_everything_is_seen_by_a_hermetic_detector(mass, completion, flavor):
    direction = Direction(flavor, completion=completion)
    perfect = LeptonCollider(91.19, 1.0, HERMETIC, 1.0, 1.0, radiation=False)
    expected = collider_recasts.total_cross_section(mass, direction, 91.19)
    assert prompt(collider.decay_template(mass, direction, perfect))[0] == pytest.approx(expected, rel=5e-3, abs=0)


@pytest.mark.parametrize("energy", [91.19, 130.0, 161.0, 189.0, 205.0])
def test_radiation_is_that_of_the_structure_function(energy):
    """The return to the Z with a Z dipole, too, which is most of the rate above it."""
    direction = Direction("mu", completion=Completion("gauge", 0.0))
    perfect = LeptonCollider(energy, 1.0, HERMETIC, 1.0, 1.0)
    pole, width = 1 - (units.Z_MASS / energy) ** 2, units.Z_MASS * units.Z_WIDTH / energy**2
    around = [pole + width * k for k in (-30, -9, -3, -1, 0, 1, 3, 9, 30)]
    folded = mono_photon.convolve(
        lambda s: 2 * annihilation.cross_section(s, 5.0, "e", direction.completion.z_over_gamma),
        energy**2,
        x_max=1 - (5.0 / energy) ** 2,
        breaks=tuple(sorted(x for x in (0.03, 0.003, *around) if 0 < x < 1 - (5.0 / energy) ** 2)),
    )
    expected = float(folded) / units.PICOBARN
    assert prompt(collider.decay_template(5.0, direction, perfect))[0] == pytest.approx(expected, rel=0.01, abs=0)
    bare = collider_recasts.total_cross_section(5.0, direction, energy)
    assert not 0.8 * bare < expected < 1.1 * bare


@pytest.mark.parametrize("nature", ["dirac", "majorana"])
def test_acceptance_against_a_phase_space_sample(nature):
    """Throw the decay chain by hand in the rest frames; no formula of the template is used but sigma and helicity."""
    rng = np.random.default_rng(7)
    mass, number, sqrt_s = 30.0, 200_000, LEP2.sqrt_s
    s = sqrt_s**2
    c = rng.uniform(-1, 1, number)
    weight = annihilation.angular_distribution(c, s, mass) * 2 / number
    energy, momentum = (s + mass**2) / (2 * sqrt_s), (s - mass**2) / (2 * sqrt_s)
    y, phi = rng.uniform(-1, 1, number), rng.uniform(0, 2 * np.pi, number)
    if nature == "dirac":
        weight = weight * (1 - annihilation.helicity(c, s, mass) * y)
    rest = 0.5 * mass * np.stack([np.sqrt(1 - y**2) * np.cos(phi), np.sqrt(1 - y**2) * np.sin(phi), y])
    along = (energy * rest[2] + momentum * 0.5 * mass) / mass
    photon = np.sqrt(rest[0] ** 2 + rest[1] ** 2 + along**2)
    z = along * c + rest[0] * np.sqrt(1 - c**2)
    seen = photon > LEP2.acceptance.minimum_energy(z / photon, sqrt_s)
    expected = np.sum(weight * seen) * LEP2.events_per_cross_section
    still = LeptonCollider(189.0, 177.3, LEP2.acceptance, 2.4, 2.3, radiation=False)
    ours = prompt(collider.decay_template(mass, Direction("e", nature=nature), still))[0]
    assert ours == pytest.approx(expected, rel=0.01, abs=0)


@pytest.mark.parametrize("mass", [2.0, 30.0, 80.0])
def test_cone_against_a_phase_space_sample(mass):
    """Isotropic decays thrown in the rest frame and boosted."""
    rng = np.random.default_rng(11)
    number, sqrt_s = 400_000, 91.2
    c = rng.uniform(-1, 1, number)
    weight = annihilation.angular_distribution(c, sqrt_s**2, mass)
    energy, momentum = (sqrt_s**2 + mass**2) / (2 * sqrt_s), (sqrt_s**2 - mass**2) / (2 * sqrt_s)
    y = rng.uniform(-1, 1, number)
    photon, along = 0.5 * (energy + momentum * y), 0.5 * (momentum + energy * y)
    seen = (np.abs(c) < 0.7) & (along > photon * np.cos(np.pi / 4)) & (photon > 0.7)
    fraction = np.sum(weight * seen) / np.sum(weight)
    ours = float(collider_recasts.cone_fraction(mass, sqrt_s, 0.7, 45.0, 0.7))
    assert ours == pytest.approx(fraction, abs=4 * np.sqrt(fraction / number))


def test_w_exchange_is_for_the_electron_flavour_with_a_w_dipole_alone():
    """And the three flavours together are the sum of each."""
    machine = LeptonCollider(189.0, 177.3, LEP2.acceptance, 2.4, 2.3, radiation=False)
    with_w, without = Completion("gauge", 3.0), Completion("gauge", 0.0)

    def events(flavor, completion):
        return prompt(collider.decay_template(20.0, Direction(flavor, completion=completion), machine))[0]

    assert events("e", without) == pytest.approx(events("tau", without), rel=1e-6, abs=0)
    assert events("e", with_w) != pytest.approx(events("tau", with_w), rel=0.05, abs=0)
    together = events("e", with_w) + events("mu", with_w) + events("tau", with_w)
    assert events("coherent", with_w) == pytest.approx(together, rel=1e-6, abs=0)


@pytest.mark.parametrize("completion", [Completion(), Completion("gauge", 0.0)])
def test_escaping_n_is_seen_through_its_radiation_alone(completion):
    mass, z_ratio = 0.002, completion.z_over_gamma  # leaves any detector at this coupling
    template = collider.template(mass, Direction("mu", completion=completion), LEP2)
    expected = mono_photon.visible_cross_section(
        lambda s: 2 * annihilation.cross_section(s, mass, "e", z_ratio), LEP2.sqrt_s**2, 0.0, 0.966, 0.05
    )
    assert template.counts(1e-5)[0] / 1e-10 == pytest.approx(
        float(expected) * LEP2.events_per_cross_section, rel=0.01, abs=0
    )


def test_prompt_n_gives_the_whole_accepted_rate_and_no_second_photon():
    decays, radiates = collider.decay_template(10.0, MU, LEP2), collider.radiative_template(10.0, MU, LEP2)
    assert decays.counts(1e-4)[0] == pytest.approx(prompt(decays)[0] * 1e-8 * decays.visible[0], rel=1e-9, abs=0)
    assert radiates.counts(1e-4)[0] < 1e-12


def test_limit_rises_where_n_leaves_before_it_decays():
    counts = [collider.template(m, MU, LEP2).counts(3e-4)[0] for m in (0.003, 0.03, 0.3)]
    assert counts[0] < 0.05 * counts[2]
    assert counts[0] < counts[1] < counts[2]


def test_majorana_photons_are_harder():
    hard = LeptonCollider(189.0, 1.0, PhotonAcceptance(0.966, energy_min=70.0), 2.4, 2.3, radiation=False)
    dirac, majorana = (prompt(collider.decay_template(1.0, Direction("e", nature=n), hard))[0] for n in NATURES)
    low = (70.0 - 189.0 / 4) / (189.0 / 4)
    assert majorana / dirac == pytest.approx((1 - low) / (0.5 * (1 - low) ** 2), rel=0.03, abs=0)


NATURES = ("dirac", "majorana")


def test_kinematic_end_and_massless_n_give_nothing_by_decay():
    assert collider.template(189.0, MU, LEP2).counts(1.0)[0] == 0.0
    assert collider.template(0.0, MU, LEP2).counts(1.0)[0] == 0.0


def test_z_templates_need_a_z_dipole():
    gauge = Direction("mu", completion=Completion("gauge", 0.0))
    for make, mass in ((collider_recasts.z_invisible_template, 0.001), (collider_recasts.z_photon_template, 1.0)):
        assert make(mass, MU, 2.0).counts(1.0)[0] == 0.0
        assert make(mass, gauge, 2.0).counts(1e-4)[0] > 0.0
    prompt_n = collider_recasts.z_invisible_template(20.0, gauge, 2.0).counts(1e-4)[0]
    assert prompt_n < 1e-12


def test_standard_model_background_of_opal():
    # 4.66 pb by the generator of hep-ex/0005002, 177.3 pb^-1, times an efficiency of 82 %: 678
    assert 600 < 0.82 * radiated_photon.neutrino_background(LEP2) < 700


def test_hadron_collider_acceptance_is_that_of_the_whole_rate_when_cuts_are_off():
    luminosity = proton_proton()
    open_search = MonoPhotonSearch(1.0, (30.0, np.inf), 30.0, 50.0, radius=1.5)
    log = np.linspace(np.log(60.0), np.log(9000.0), 4001)
    root = np.exp(log)
    rate = sum(luminosity.total(q, root) * 4 * annihilation.cross_section(root**2, 400.0, q) for q in QUARKS)
    expected = np.trapezoid(rate, log) / units.FEMTOBARN
    accepted = lhc.acceptance_times_cross_section(400.0, MU, open_search)[0]
    assert 0.9 * expected < accepted < expected  # only photons below 30 GeV are missing


@pytest.mark.parametrize("mass", [1.0, 100.0])
def test_hadron_collider_acceptance_against_a_phase_space_sample(mass):
    """Pairs, boosts, flight and decay thrown by hand: three bins of ATLAS, gap and edge of the calorimeter included."""
    rng, number, luminosity = np.random.default_rng(3), 300_000, proton_proton()
    span = (np.log(300.0), np.log(8990.0))
    root = np.exp(rng.uniform(*span, number))
    s, edges = root**2, luminosity.rapidity_edges
    cell = rng.integers(0, edges.size - 1, number)
    boost = (edges[cell] + rng.uniform(0, 1, number) * np.diff(edges)[cell]) * rng.choice([-1, 1], number)
    weight = 2 * (span[1] - span[0]) * (edges.size - 1) / number * np.ones(number)  # d ln(tau) = 2 d ln(root)
    rate = sum(
        luminosity.binned(q, root)[np.arange(number), cell] * 2 * annihilation.cross_section(s, mass, q) for q in QUARKS
    )
    c, y, phi = rng.uniform(-1, 1, number), rng.uniform(-1, 1, number), rng.uniform(0, 2 * np.pi, number)
    shape = 0.75 * ((1 - c**2) * s + (1 + c**2) * mass**2) / (s + 2 * mass**2)
    weight = weight * rate * 2 * shape * (1 - annihilation.helicity(c, s, mass) * y)
    energy, momentum = (s + mass**2) / (2 * root), (s - mass**2) / (2 * root)
    across = 0.5 * mass * np.sqrt(1 - y**2)
    along, sine = 0.5 * (energy * y + momentum), np.sqrt(1 - c**2)
    x, z = across * np.cos(phi) * c + along * sine, along * c - across * np.cos(phi) * sine
    transverse = np.hypot(x, across * np.sin(phi))
    eta = np.abs(np.arcsinh(z / transverse) + boost)
    seen = (eta < 2.37) & ((eta < 1.37) | (eta > 1.52))
    expected = np.histogram(transverse[seen], ATLAS.missing_edges, weights=weight[seen])[0] * 0.8 / units.FEMTOBARN
    assert lhc.acceptance_times_cross_section(mass, MU, ATLAS) == pytest.approx(expected, rel=0.03, abs=0)


def test_hadron_collider_bins_add_up():
    whole = MonoPhotonSearch(36.1, (150.0, np.inf), 150.0, 2.37, (1.37, 1.52), 0.8)
    for mass in (1.0, 300.0):
        assert prompt(lhc.template(mass, MU, ATLAS)).sum() == pytest.approx(
            prompt(lhc.template(mass, MU, whole))[0], rel=1e-6, abs=0
        )


def test_lost_leptons_bring_in_the_w():
    gauge = Direction("tau", completion=Completion("gauge", 1.0))
    with_w = MonoPhotonSearch(36.1, (150.0, np.inf), 150.0, 2.37, lost_lepton=(0.0, 0.0, 0.6))
    without = MonoPhotonSearch(36.1, (150.0, np.inf), 150.0, 2.37)
    assert prompt(lhc.template(10.0, gauge, with_w))[0] > 1.2 * prompt(lhc.template(10.0, gauge, without))[0]
    muon = Direction("mu", completion=Completion("gauge", 1.0))
    assert prompt(lhc.template(10.0, muon, with_w))[0] == prompt(lhc.template(10.0, muon, without))[0]


def test_no_displacement_asked_for_is_every_photon():
    d = np.geomspace(1e-6, 1e-2, 20)
    every, late = (
        lhc.template(1.0, MU, replace(ATLAS, selection=selection)).counts(d) for selection in ("any", "displaced")
    )
    assert late == pytest.approx(every, rel=0.02, abs=1e-6)


def test_displaced_and_delayed_photons_are_a_part_of_all():
    d = np.geomspace(1e-12, 1e-4, 60)
    everything = MonoPhotonSearch(139.0, (60.0, np.inf), 60.0, 1.37)
    for selection, mass, extra in (("displaced", 10.0, {"impact_min": 0.05}), ("delayed", 100.0, {"delay_min": 1e-9})):
        search = MonoPhotonSearch(139.0, (60.0, np.inf), 60.0, 1.37, selection=selection, **extra)
        part, whole = (lhc.template(mass, MU, s).counts(d)[:, 0] for s in (search, everything))
        assert np.all(part <= 1.01 * whole)
        assert part.max() > 0
        assert part[-1] < 1e-6 * whole[-1]  # too short-lived to be displaced


@settings(max_examples=30, deadline=None)
@given(st.floats(1e-4, 8000.0), st.sampled_from(NATURES), st.floats(1e-8, 1e-1))
def test_finite_everywhere(mass, nature, d):
    direction = Direction("mu", nature=nature, completion=Completion("gauge", 0.5))
    for template in (collider.template(mass, direction, LEP2), lhc.template(mass, direction, ATLAS)):
        counts = template.counts(d)
        assert np.all(np.isfinite(counts))
        assert np.all(counts >= 0)


@pytest.mark.parametrize(
    "call",
    [
        lambda: PhotonAcceptance(1.0),
        lambda: PhotonAcceptance(0.9, efficiency=1.2),
        lambda: LeptonCollider(-91.0, 1.0, HERMETIC, 1.0, 1.0),
        lambda: collider.template(-1.0, MU, LEP2),
        lambda: collider.template(np.nan, MU, LEP2),
        lambda: lhc.template(-1.0, MU, ATLAS),
        lambda: MonoPhotonSearch(1.0, (150.0, 100.0), 150.0, 2.37),
        lambda: MonoPhotonSearch(1.0, (150.0, 200.0), 150.0, 2.37, efficiency=1.5),
        lambda: MonoPhotonSearch(1.0, (150.0, 200.0), 150.0, 2.37, eta_gap=(1.52, 1.37)),
        lambda: lhc.template(1.0, MU, MonoPhotonSearch(1.0, (150.0, 200.0), 150.0, 2.37, sqrt_s=8000.0)),
    ],
)
def test_bad_input_is_a_named_error(call):
    with pytest.raises(DomainError):
        call()


@pytest.mark.parametrize("scale", [0.1, 1.0, 5.0])
def test_the_share_of_w_exchange_is_that_of_the_electron_flavour(scale):
    """|d_e|^2 / sum |d_a|^2, whatever the size of the couplings."""
    mixed = Direction("mixed", couplings=(scale * 1j, 2.0 * scale, 2.0 * scale), completion=Completion("gauge", 0.5))
    (electron, (z, w)), (rest, (same, none)) = collider.exchanges(mixed)
    assert electron == pytest.approx(1.0 / 9.0, rel=1e-12, abs=0)
    assert electron + rest == pytest.approx(1.0, rel=1e-12, abs=0)
    assert (z, w) == (mixed.completion.z_over_gamma, mixed.completion.w_over_gamma)
    assert (same, none) == (z, 0.0)
