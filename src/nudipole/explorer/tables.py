"""Tables of counts in the payload of the page: written compactly, and read again for the tests."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from nudipole.explorer.payload import Payload
from nudipole.explorer.photon_energies import Shares
from nudipole.explorer.yields import Survival, Yields
from nudipole.inference.likelihood import Likelihood, Pull

FloatArray = npt.NDArray[np.float64]
# bits of mantissa that are kept: ln(counts) to 2e-4 of the coupling, relative shifts to 1e-3
LOGS, SHIFTS, EXACT = 16, 9, 23
_EMPTY = -200.0


def record(payload: Payload, table: Yields) -> dict[str, Any]:
    """One table as JSON with places of arrays; mass runs fastest, since counts are smooth in it."""
    if table.per_d2 is not None:
        logs = np.log(np.maximum(table.per_d2, np.exp(_EMPTY)))[:, None, :]
    else:
        assert table.log_counts is not None
        logs = table.log_counts
    found: dict[str, Any] = {
        "key": table.key,
        "flavor": table.flavor,
        "axis": table.axis,
        "rule": table.rule,
        "reason": table.reason,
        "threshold": table.threshold,
        "oneSided": table.one_sided,
        "follows": table.expectation_as_data,
        "masses": payload.add(table.masses),
        "edges": payload.add(table.edges, EXACT),
        "dataEdges": payload.add(table.data_edges, EXACT),
        "group": [int(g) for g in table.group],
        "couplings": None if table.couplings is None else payload.add(np.log(table.couplings)[:, [0, -1]].T),
        "steps": logs.shape[1],
        "logs": payload.add(logs.transpose(1, 2, 0), LOGS),
        "survival": None
        if table.survival is None
        else [
            payload.add(np.log(table.survival.couplings)[:, [0, -1]].T),
            payload.add(table.survival.logs.T, LOGS),
        ],
        "own": payload.add(table.standard_model),
        "operator": list(table.operator),
        "observed": None if table.observed is None else payload.add(table.observed),
        "components": [[name, payload.add(values)] for name, values in table.components.items()],
    }
    if table.photons is not None:
        places = [payload.add(table.photons.edges), payload.add(table.photons.shares.T, LOGS)]
        found["photons"] = [*places, table.photons.start]
    if table.rule == "allowed":
        found |= {"levels": payload.add(table.levels), "allowed": payload.add(table.allowed)}
    if table.rule in ("profile", "feldman-cousins"):
        found |= _likelihood(payload, table)
    return found


def _likelihood(payload: Payload, table: Yields) -> dict[str, Any]:
    likelihood = table.likelihood
    assert likelihood is not None
    assert likelihood.shifts is not None
    found: dict[str, Any] = {
        "data": payload.add(likelihood.observed),
        "background": payload.add(likelihood.background),
        "sigma": payload.add(likelihood.sigma),
        "pulls": [[pull.name, pull.free] for pull in likelihood.pulls],
        "shifts": payload.add(likelihood.shifts),
        "ownShifts": payload.add(table.own_shifts),
    }
    if table.relative is not None:
        moving = np.nonzero(np.any(table.relative != 0, axis=(0, 2)))[0]
        some = table.relative[:, moving]
        alike = len(some) > 1 and np.allclose(some, some[:1], rtol=1e-9, atol=0)
        some = some[:1] if alike else some
        found |= {"moving": moving.tolist(), "relative": payload.add(some.transpose(1, 2, 0), SHIFTS)}
    return found


def table_from(found: Mapping[str, Any], arrays: Sequence[npt.NDArray[np.float32]]) -> Yields:
    """The table that :func:`record` wrote, with the numbers that the page has."""

    def array(place: int | None) -> FloatArray:
        return np.zeros(0) if place is None else arrays[place].astype(float)

    masses, bins, steps = array(found["masses"]), len(found["group"]), found["steps"]
    logs = array(found["logs"]).reshape(steps, bins, len(masses)).transpose(2, 0, 1)
    ends = None if found["couplings"] is None else array(found["couplings"]).reshape(2, -1)
    survival = None
    if found["survival"] is not None:
        first, last = array(found["survival"][0]).reshape(2, -1)
        shares = array(found["survival"][1]).reshape(-1, len(masses)).T
        places = first[:, None] + np.linspace(0.0, 1.0, shares.shape[1]) * (last - first)[:, None]
        survival = Survival(np.exp(places), shares)
    pulls = tuple(Pull(name, free) for name, free in found.get("pulls", ()))
    likelihood, relative, own_shifts = None, None, np.zeros((0, 0))
    if "data" in found:
        data = array(found["data"])
        shape = (len(pulls), len(data))
        shifts, own_shifts = array(found["shifts"]).reshape(shape), array(found["ownShifts"]).reshape(shape)
        likelihood = Likelihood(data, array(found["background"]), array(found["sigma"]), pulls, shifts)
        if found.get("moving"):
            some = array(found["relative"]).reshape(len(found["moving"]), bins, -1).transpose(2, 0, 1)
            relative = np.zeros((len(some), len(pulls), bins))
            relative[:, found["moving"]] = some
    return Yields(
        key=found["key"],
        flavor=found["flavor"],
        axis=found["axis"],
        masses=masses,
        edges=array(found["edges"]),
        group=np.array(found["group"], dtype=np.intp),
        per_d2=None if ends is not None else np.where(logs[:, 0] > _EMPTY, np.exp(logs[:, 0]), 0.0),
        couplings=None
        if ends is None
        else np.exp(ends[0][:, None] + np.linspace(0, 1, steps) * (ends[1] - ends[0])[:, None]),
        log_counts=None if ends is None else logs,
        survival=survival,
        relative=relative,
        standard_model=array(found["own"]),
        likelihood=likelihood,
        own_shifts=own_shifts,
        observed=None if found["observed"] is None else array(found["observed"]),
        rule=found["rule"],
        levels=array(found.get("levels")),
        allowed=array(found.get("allowed")),
        expectation_as_data=found["follows"],
        one_sided=found["oneSided"],
        components={name: array(place) for name, place in found["components"]},
        data_edges=array(found["dataEdges"]),
        threshold=found["threshold"],
        reason=found["reason"],
        operator=(found["operator"][0], found["operator"][1]),
        photons=_photons(found.get("photons"), array),
    )


def _photons(found: Sequence[Any] | None, array: Callable[[int | None], FloatArray]) -> Shares | None:
    if found is None:
        return None
    edges = array(found[0])
    return Shares(edges, array(found[1]).reshape(len(edges) - 1, -1).T, float(found[2]))
