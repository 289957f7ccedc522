"""HEPData submissions: valid by HEPData's own validator, and holding the numbers of the atlas."""

from __future__ import annotations

import json

import pytest
from click.testing import CliRunner

from nudipole.cli import main
from nudipole.compilation import hepdata, run, store
from nudipole.errors import OutputError


@pytest.fixture(scope="module")
def atlas(tmp_path_factory):
    folder = tmp_path_factory.mktemp("atlas")
    run.atlas(folder, only=("gemma", "conus-plus", "miniboone"), flavors=["e", "mu"], masses=6, jobs=1, figures=False)
    return folder


@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # of what the validator imports
@pytest.mark.filterwarnings("ignore::ResourceWarning")
def test_the_validator_of_hepdata_accepts_it(atlas, tmp_path):
    validator = pytest.importorskip("hepdata_validator.full_submission_validator")
    files = hepdata.hepdata(atlas, tmp_path)
    checked = validator.FullSubmissionValidator(schema_version="1.1.1")
    assert checked.validate(directory=str(tmp_path)), checked.get_messages()
    assert len(files) == 1 + len(store.read_limits(atlas))


def test_tables_hold_the_edges(atlas):
    for limit in store.read_limits(atlas):
        found = hepdata.table(limit)
        mass, _ = (column["values"] for column in found["independent_variables"])
        low, high, *_ = (column["values"] for column in found["dependent_variables"])
        rows = [(m, i) for m, row in zip(limit.masses.tolist(), limit.excluded, strict=True) for i in row]
        assert [value["value"] for value in mass] == [m for m, _ in rows]
        assert [value["value"] for value in low] == [i.low for _, i in rows]
        assert [value["value"] for value in high] == ["-" if i.high is None else i.high for _, i in rows]


def test_other_files_stay_and_bad_input_is_one_line(atlas, tmp_path):
    (tmp_path / "thesis.tex").write_text("", encoding="utf-8")
    with pytest.raises(OutputError, match="no part of a submission"):
        hepdata.hepdata(atlas, tmp_path)
    result = CliRunner().invoke(main, ["hepdata", str(tmp_path / "nothing"), "--out", str(tmp_path / "o")])
    assert result.exit_code == 2
    assert "not an atlas" in result.output
    result = CliRunner().invoke(main, ["hepdata", str(atlas), "--out", str(tmp_path / "o")])
    assert result.exit_code == 0, result.output
    documents = [json.loads(text) for text in (tmp_path / "o" / "submission.yaml").read_text().split("\n---\n")]
    assert {d["data_file"] for d in documents[1:]} == {p.name for p in (tmp_path / "o").iterdir()} - {"submission.yaml"}
