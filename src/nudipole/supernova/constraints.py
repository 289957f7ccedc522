r"""The sky's own constraints: ``sn1987a``, ``supernova-energy``, ``supernova-next`` and ``red-giants``.

Presets are frozen settings of the criteria of :mod:`nudipole.supernova.criteria`; the default is our best physics, ``explain``
lists what a preset changes.
"""

from __future__ import annotations

from dataclasses import replace

from nudipole.errors import DomainError
from nudipole.inputs.cards import Published
from nudipole.sky.constraint import Criterion, SkyConstraint
from nudipole.supernova import bursts, emission
from nudipole.supernova.criteria import Cooling, NextSupernova, Stellar, VisibleEnergy


def with_star(constraint: SkyConstraint, star: emission.Star) -> SkyConstraint:
    """The constraint with every preset on this star, such as a table of the user's; ``red-giants`` has none.

    Raises
    ------
    DomainError
        If the constraint does not depend on a proto-neutron star, or the star lacks the potential it should supply.
    TableError
        If the star's table cannot be read.

    Examples
    --------
    >>> from nudipole.portal import Direction
    >>> source = with_star(CONSTRAINTS[0], emission.Star("hot", "none"))
    >>> bool(source.limit([0.1], Direction("mu")).lower[0] < 1e-9)
    True
    """
    star.load()
    criteria: dict[str, Criterion] = {}
    for name, criterion in constraint.criteria.items():
        if not isinstance(criterion, Cooling | VisibleEnergy | NextSupernova):
            raise DomainError(f"{constraint.key} does not depend on a proto-neutron star")
        criteria[name] = replace(criterion, star=star)
    return replace(constraint, criteria=criteria)


_ANALYTIC = emission.Star("analytic", "none", gravity=False)
_COOLING: dict[str, Criterion] = {
    "default": Cooling(),
    "magill2018": Cooling(
        emission.Star("analytic", 200.0, gravity=False),
        "mean-free-path",
        angular="radial",
        note="1803.03262 as far as it is known: analytic profile, nu_e with the customary 200 MeV inside the"
        " neutrinosphere, free streaming below and a core mean free path of 10 km above; flat space",
    ),
    "magill2018-electrons": Cooling(
        emission.Star("analytic", 200.0, channels=("electrons", "photons", "pairs"), gravity=False),
        "mean-free-path",
        angular="radial",
        note="the same without protons: the published trapping edge is that of electrons alone (2402.01624 calls the"
        " Primakoff effect on protons its addition)",
    ),
    "chauhan2024": Cooling(
        _ANALYTIC,
        angular="radial",
        note="2402.01624 in method (integrated luminosity); its profile and curves were not available, ours: analytic",
    ),
    "hot": Cooling(emission.Star("hot"), note="the default with the hot profile"),
    "no-gravity": Cooling(emission.Star(gravity=False), note="the default in flat space: no redshift, nothing bound"),
    "mean-free-path": Cooling(
        mode="mean-free-path", note="the default with a mean free path of 10 km as trapping edge"
    ),
    "n-sphere": Cooling(mode="n-sphere", note="the default with a black-body N sphere as trapping edge"),
    "raffelt": Cooling(mode="raffelt", note="local emissivity against 1e19 erg/g/s, non-degenerate, no trapping edge"),
}
_ENERGY: dict[str, Criterion] = {
    "default": VisibleEnergy(),
    "chauhan2024": VisibleEnergy(
        _ANALYTIC,
        ("deposition",),
        angular="radial",
        note="2402.01624 in method: low-energy supernovae, analytic profile",
    ),
    "hot": VisibleEnergy(emission.Star("hot"), note="the default with the hot profile"),
    "no-gravity": VisibleEnergy(emission.Star(gravity=False), note="the default in flat space"),
    "low-energy-supernovae": VisibleEnergy(arguments=("deposition",), note="energy deposition alone"),
    "gamma-rays": VisibleEnergy(arguments=("gamma-rays",), note="Solar Maximum Mission alone"),
    "energetic-neutrinos": VisibleEnergy(arguments=("neutrinos",), note="Kamiokande-II, IMB and Baksan alone"),
}
_NEXT: dict[str, Criterion] = {
    "default": NextSupernova(),
    "super-k": NextSupernova(
        observation=bursts.Observation((bursts.SUPER_K,), distance_kpc=10.0), note="Super-Kamiokande alone"
    ),
    "hyper-k": NextSupernova(
        observation=bursts.Observation((bursts.HYPER_K,), distance_kpc=10.0), note="Hyper-Kamiokande alone"
    ),
}
_GIANTS: dict[str, Criterion] = {
    "default": Stellar(),
    "brdar2020": Stellar(
        2.2e-12, note="2007.15563: massless bound 2.2e-12 mu_B of 1910.10568, tail above 18 keV left out"
    ),
    "conservative": Stellar(
        6e-12,
        note="2307.13050: with the uncertainties of stellar models marginalised, mu up to 6e-12 mu_B is not constrained for"
        " a massless partner",
    ),
}
CONSTRAINTS: tuple[SkyConstraint, ...] = (
    SkyConstraint(
        "sn1987a",
        "SN1987A cooling",
        _COOLING,
        ("Raffelt:1996wa", "Magill:2018jla", "Chang:2016ntp", "Bollig:2020xdr", "Chauhan:2024nfa"),
        ("one snapshot at one second, with the lapse of its profile",),
        smooth=True,
        comparisons=(
            Published(
                table="published/sn1987a.csv",
                preset="magill2018",
                flavor="e",
                source="1803.03262, digitised in HNLimits",
                verdict="input missing",
                note="only degenerate nu_e give this edge (nu_mu is 12 times weaker); above 150 MeV inverse decay makes all"
                " of N, and the published edge keeps falling where the tail of photons and neutrinos at 15-30 MeV makes"
                " ours rise: a factor 4 at 300 MeV. A core at 40 MeV or mu_nu = 300 MeV would follow it; neither is ours to"
                " choose, the text was not available",
            ),
            Published(
                table="published/sn1987a.csv",
                preset="magill2018",
                edge="upper",
                flavor="e",
                source="1803.03262, digitised in HNLimits",
                verdict="input missing",
                note="below 50 MeV the published trapping edge is that of electrons alone, with protons the opacity is five"
                " times as large and ours half as high; above, d^2 M^4 of the published edge is constant to 8 %, the decay of N of a fixed 33"
                " MeV within 10 km, while we average over the emitted energies, which exceed M",
            ),
            Published(
                table="published/sn1987a.csv",
                preset="magill2018-electrons",
                edge="upper",
                flavor="e",
                source="1803.03262, digitised in HNLimits",
                verdict="input missing",
                note="without protons: 7 to 11 % up to 10 MeV; the rest as above",
            ),
        ),
    ),
    SkyConstraint(
        "supernova-energy",
        "Supernovae: energy, gamma rays and neutrinos of N decays",
        _ENERGY,
        ("Caputo:2022mah", "Chupp:1989kx", "Hoof:2022xbe", "Fiorillo:2022cdq", "Chauhan:2024nfa"),
        ("three seconds of emission at the snapshot's rate; fireballs not modelled",),
        smooth=True,
        comparisons=(
            Published(
                table="published/supernova-energy.csv",
                preset="chauhan2024",
                flavor="mu",
                source="2402.01624, abstract",
                verdict="input missing",
                note="one number, the strongest coupling of the paper, without its mass; its profile and curves were not"
                " available. Our analytic profile reaches 4.3e-11: the star is what differs, N carry 2.5e70 d^2 erg/s at 190 MeV"
                " in it, 6.7e70 in the cold and 6.9e71 in the hot profile",
            ),
        ),
    ),
    SkyConstraint(
        "supernova-next",
        "Next Galactic supernova (Super-K, Hyper-K)",
        _NEXT,
        ("Akita:2023iwq", "Fiorillo:2022cdq"),
        ("three seconds of emission at the snapshot's rate",),
        smooth=True,
    ),
    SkyConstraint(
        "red-giants",
        "Red giants",
        _GIANTS,
        ("Capozzi:2020cbu", "Raffelt:1996wa", "Brdar:2020quo"),
        ("scales the massless bound by plasmon decay; open above, trapping in the core is not modelled",),
        basis="normalised",
        comparisons=(
            Published(
                table="published/red-giants.csv",
                convention="mu",
                preset="brdar2020",
                flavor="mu",
                source="2007.15563, Fig. 2",
                verdict="input missing",
                note="plasmon decay ends at 17.9 keV; the published tail above, to 160 keV, comes from a recipe that is not"
                " published: gamma e -> e gamma* in horizontal-branch stars at 10 erg/g/s gives 1.27 to 0.77 of it",
            ),
        ),
    ),
)
