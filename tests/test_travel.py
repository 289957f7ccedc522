"""Errors and results travel: they pickle, copy, compare, and cross process pools."""

from __future__ import annotations

import copy
import inspect
import pickle
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context

import pytest

import nudipole as nd
from nudipole import errors
from nudipole.catalogue.experiment import Experiment
from nudipole.errors import CardError, MissingExtraError, NudipoleError, UnknownNameError
from tests.inputs.examples import GERMANIUM

KINDS = [kind for _, kind in inspect.getmembers(errors, inspect.isclass) if issubclass(kind, NudipoleError)]


def one(kind: type[NudipoleError]) -> NudipoleError:
    if kind is UnknownNameError:
        return UnknownNameError("key", "nope", ["a", "b"])
    if kind is CardError:
        return CardError("card.toml", "a.b", {"x": object}, "not that")
    if kind is MissingExtraError:
        return MissingExtraError("pyarrow", "all", "writing")
    return kind("what happened")


def fail(kind: type[NudipoleError]) -> None:
    raise one(kind)


def test_every_kind_is_here():
    assert len(KINDS) >= 7


@pytest.mark.parametrize("kind", KINDS)
def test_an_error_is_the_same_after_a_journey(kind):
    error = one(kind)
    for other in (pickle.loads(pickle.dumps(error)), copy.copy(error), copy.deepcopy(error)):
        assert type(other) is kind
        assert str(other) == str(error)
        assert other.__dict__ == error.__dict__


def test_errors_cross_process_pools():
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        for kind in (CardError, UnknownNameError):
            with pytest.raises(kind) as caught:
                pool.submit(fail, kind).result()
            assert str(caught.value) == str(one(kind))


def test_messages_are_one_printable_line():
    error = CardError("a\nb.toml", "x", "\x1b[2J\u202e", "no\nmore")
    assert str(error).isprintable()
    assert len(str(error).splitlines()) == 1


def test_results_pickle_copy_and_compare():
    experiment = Experiment.from_file(GERMANIUM)
    limit = nd.limit(experiment, "e", [1e-3, 5e-3])
    rate = nd.rate(experiment, 1e-3, 1e-8, "e")
    for thing in (
        experiment,
        limit,
        rate,
        rate.portal,
        limit.direction,
        limit.excluded[0][0],
        nd.experiments()["lz-nees"],
    ):
        for other in (pickle.loads(pickle.dumps(thing)), copy.copy(thing), copy.deepcopy(thing)):
            assert other == thing
            assert hash(other) == hash(thing)
            assert repr(other) == repr(thing)
    assert limit != nd.limit(experiment, "e", [1e-3, 4e-3])
    assert limit != rate
    assert nd.limit(pickle.loads(pickle.dumps(experiment)), "e", [1e-3, 5e-3]) == limit


def test_a_name_that_nobody_has_suggests_what_was_meant():
    for wrong, meant in (("MiniBooNE", "miniboone"), ("coherent_csi", "coherent-csi"), ("lznees", "lz-nees")):
        with pytest.raises(UnknownNameError, match=f"did you mean {meant}"):
            nd.limit(wrong, "mu", 0.1)
    with pytest.raises(UnknownNameError, match="did you mean e"):
        nd.limit("lz-nees", "nue", 0.1)
    with pytest.raises(UnknownNameError, match="did you mean solar"):
        nd.flux("sun")
    with pytest.raises(UnknownNameError) as caught:
        nd.limit("zzz", "mu", 0.1)
    assert len(str(caught.value)) < 120
