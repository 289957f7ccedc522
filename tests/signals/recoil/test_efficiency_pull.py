"""A pull on the efficiency is a fraction of the counts, whatever the efficiency is."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from nudipole.catalogue.experiment import Experiment
from nudipole.portal import Direction

CARD = (Path(__file__).parents[3] / "examples" / "germanium-reactor.toml").read_text()


@pytest.mark.parametrize("efficiency", [0.5, 1.0])
def test_the_pull_moves_signal_and_standard_model_by_its_sigma(tmp_path, efficiency):
    text = CARD.replace('affects = "quenching"', 'affects = "efficiency"')
    text = text.replace('model = "constant", value = 0.9', f'model = "constant", value = {efficiency}')
    (tmp_path / "card.toml").write_text(text)
    model = Experiment.from_file(tmp_path / "card.toml").model()
    relative = model.signal(np.array([1e-3]), Direction("e")).relative_shifts
    position = [pull.name for pull in model.likelihood.pulls].index("quenching.germanium")
    assert relative[0, position] == pytest.approx(np.full(7, 0.05), rel=1e-9, abs=0)
    changes = model.likelihood.shifts[position]
    assert changes == pytest.approx(0.05 * model.components()["standard model"], rel=1e-9, abs=0)
