"""The list of what there is, without models: it says what the models say."""

from __future__ import annotations

from nudipole.catalogue import registry
from nudipole.catalogue.summaries import summaries


def test_summaries_say_what_the_experiments_say():
    found = {summary.key: summary for summary in summaries()}
    assert tuple(found) == registry.all_keys()
    for key in registry.all_keys():
        constraint, summary = registry.get(key), found[key]
        assert summary.title == constraint.title
        assert (summary.kind, summary.basis) == (constraint.kind, constraint.basis)
        assert summary.confidence_level == constraint.confidence_level
        assert summary.flavors == tuple(constraint.flavors), "write src/nudipole/catalogue/flavors.toml anew"
        assert summary.presets == tuple(constraint.presets)


def test_filters():
    assert {s.key for s in summaries(source="reactor")} >= {"conus-plus", "gemma", "dresden-ii"}
    assert {s.key for s in summaries(source="sky")} == set(registry.sky())
    assert all(s.kind == "roi" for s in summaries(kind="roi"))
    assert "tau" in summaries(flavor="tau")[0].flavors
    assert summaries(kind="roi", source="reactor") == ()
    assert {s.key for s in summaries(source="numi")} == {"minerva"}
