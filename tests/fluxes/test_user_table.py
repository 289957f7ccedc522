"""A flux from a table of the user's own."""

from __future__ import annotations

import numpy as np
import pytest

import nudipole as nd
from nudipole.catalogue.experiment import Experiment
from nudipole.errors import CardError, TableError
from nudipole.fluxes import named_flux
from nudipole.fluxes.accelerator import horn_beams
from nudipole.fluxes.user_table import table
from nudipole.portal import Direction
from tests.inputs.examples import ARGON, changed

ROWS = "1, 2\n2, 4\n4, 0\n"


def written(tmp_path, text):
    (tmp_path / "flux.csv").write_text(text, encoding="utf-8")
    return str(tmp_path / "flux.csv")


@pytest.mark.parametrize(
    ("unit", "per", "factor"),
    [
        ("cm^-2 GeV^-1", "run", 1.0),
        ("1/(cm^2 GeV)", "s", 1.0),
        ("m^-2 GeV^-1", "run", 1e-4),
        ("cm^-2 MeV^-1", "run", 1e3),
        ("cm^-2 s^-1 GeV^-1", "s", 1.0),
        ("1/cm2/GeV/POT", "POT", 1.0),
    ],
)
def test_units_of_a_flux(tmp_path, unit, per, factor):
    flux = table(written(tmp_path, f"energy [GeV], mu [{unit}]\n{ROWS}"), per)
    assert flux.per == per
    assert flux.flavors == ("mu",)
    assert flux.total("mu") == pytest.approx(factor * (3.0 + 4.0), rel=1e-12, abs=0)
    assert flux.differential([1.5, 0.5, 5.0], "mu") == pytest.approx(
        factor * np.array([3.0, 0.0, 0.0]), rel=1e-12, abs=0
    )


def test_bins_are_constant_inside(tmp_path):
    flux = table(written(tmp_path, "low [MeV], high [MeV], ebar [cm^-2 MeV^-1]\n0, 10, 3\n10, 30, 1\n"), "run")
    assert flux.components[0].antineutrino
    assert flux.total("e") == pytest.approx(50.0, rel=1e-5, abs=0)


@pytest.mark.parametrize(
    "text",
    [
        "energy [GeV], mu [cm^-2]\n" + ROWS,
        "energy [GeV], mu [cm GeV]\n" + ROWS,
        "energy [GeV], mu [cm^-2 GeV^-1 s^-1]\n" + ROWS,
        "energy [GeV], nue [cm^-2 GeV^-1]\n" + ROWS,
        "energy [GeV], mu [cm^-2 GeV^-1]\n1, -2\n2, 4\n",
        "energy [GeV], mu [cm^-2 GeV^-1]\n1, 2\n1, 4\n",
        "energy [GeV], mu [cm^-2 GeV^-1], other [1]\n1, 2, 3\n2, 4, 5\n",
        "mu [cm^-2 GeV^-1]\n2\n4\n",
        "energy [GeV], mu [cm^-2 GeV^-1]\n1, 0\n2, 0\n",
    ],
)
def test_what_is_no_flux_is_refused(tmp_path, text):
    with pytest.raises((TableError, LookupError)):
        table(written(tmp_path, text), "run")


def test_a_card_with_the_flux_of_a_shipped_one_has_its_limit(tmp_path):
    """The Booster's own table, written out as a user would: the same events within what its finer nodes change."""
    energy = np.unique(np.concatenate([c.energy for c in horn_beams.booster(110.0).components]))
    values = named_flux("booster", baseline_m=110.0)
    rows = "\n".join(
        f"{e!r}, {f!r}"
        for e, f in zip(energy.tolist(), np.asarray(values.differential(energy, "mu")).tolist(), strict=True)
    )
    written(tmp_path, "energy [GeV], mu [cm^-2 GeV^-1 POT^-1]\n" + rows)
    old = 'flux = "booster"                 # given per proton, so [exposure] needs protons\nbaseline_m = 110'
    path = changed(tmp_path, ARGON, (old, 'flux = "table"\nfile = "flux.csv"\nper = "POT"'))
    shipped = nd.limit(ARGON, "mu", 0.1).lower[0]
    assert Experiment.from_file(path).limit([0.1], Direction("mu")).lower[0] == pytest.approx(shipped, rel=5e-3, abs=0)
    for wrong in ("../flux.csv", "/etc/passwd", "none.csv", ""):
        bad = changed(tmp_path, ARGON, (old, f'flux = "table"\nfile = "{wrong}"\nper = "POT"'), name="bad.toml")
        with pytest.raises(CardError, match=r"source\.file"):
            nd.limit(bad, "mu", 0.1)
