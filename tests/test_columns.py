"""Results as columns, and CSV files that are whole or not there."""

from __future__ import annotations

import numpy as np
import pytest

import nudipole as nd
from nudipole import columns
from nudipole.compilation import store
from nudipole.errors import DomainError, InputFileError, OutputError


def test_a_limit_is_the_same_table_as_limits_csv(tmp_path):
    limit = nd.limit("conus-plus", "e", [1e-3, 5e-3, 8e-3])
    (tmp_path / "limits.csv").write_text(store.limits_csv([limit]), encoding="utf-8")
    written, own = columns.read(tmp_path / "limits.csv"), limit.to_arrays()
    assert list(written) == list(own)
    for name, values in own.items():
        if values.dtype.kind == "U":
            assert written[name].tolist() == values.tolist()
        else:
            assert written[name] == pytest.approx(values, rel=1e-5, abs=0, nan_ok=True)


def test_what_is_written_is_read_back(tmp_path):
    given = {"a": np.array([1.5, np.nan, np.inf]), "b": np.array(["x", "y, z", ""])}
    found = columns.read(columns.write(tmp_path / "t.csv", given))
    assert found["a"] == pytest.approx(given["a"], rel=1e-12, abs=0, nan_ok=True)
    assert found["b"].tolist() == given["b"].tolist()
    assert [path.name for path in tmp_path.iterdir()] == ["t.csv"]


def test_a_file_that_cannot_be_written_leaves_nothing(tmp_path):
    with pytest.raises(OutputError, match="cannot write"):
        columns.write(tmp_path / "missing" / "t.csv", {"a": [1.0]})
    with pytest.raises(DomainError, match="a 1, b 2"):
        columns.write(tmp_path / "t.csv", {"a": [1.0], "b": [1.0, 2.0]})
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("content", ["", "a,b\n1\n", "a,a\n1,2\n", '"a\n'])
def test_no_table_is_said_so(tmp_path, content):
    (tmp_path / "t.csv").write_text(content, encoding="utf-8")
    with pytest.raises(InputFileError, match="no table"):
        columns.read(tmp_path / "t.csv")
