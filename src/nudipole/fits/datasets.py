"""Which searches look at the same events, so that a joint fit would count them twice.

Cards that share an observation table, and a joint card with its own members, are found by themselves. What a card cannot
tell stands in :data:`SAME_DATA`, each entry with its reason.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence

from nudipole.catalogue import registry
from nudipole.catalogue.experiment import Experiment
from nudipole.constraint import Constraint
from nudipole.errors import DomainError

#: Sets of keys of which only one may enter a fit, and why.
SAME_DATA: tuple[tuple[frozenset[str], str], ...] = (
    (
        frozenset({"miniboone", "miniboone-roi", "miniboone-lsnd-roi"}),
        "the same events of MiniBooNE, once as a limit and once as a signal",
    ),
    (frozenset({"t2k-nd280", "t2k-ii"}), "the projection contains the data that ND280 has taken"),
    (frozenset({"flare-10", "flare-100"}), "two sizes of one detector"),
    (frozenset({"fasernu", "fasernu2"}), "the reach of FASERnu2 was estimated with the luminosity that FASERnu shares"),
    (frozenset({"superk-solar", "borexino-superk-earth"}), "the same solar neutrino data of Super-Kamiokande"),
    (frozenset({"xenonnt-nees", "xlzd"}), "the projection replaces the running detector"),
)


def overlap(one: Constraint, other: Constraint) -> str | None:
    """Why these two must not enter the same fit, or None.

    Examples
    --------
    >>> from nudipole.catalogue import registry
    >>> overlap(registry.get("lz-nees"), registry.get("xenon-nees-combined"))
    'lz-nees is part of xenon-nees-combined'
    """
    if one.key == other.key:
        return f"{one.key} stands there twice"
    for a, b in ((one, other), (other, one)):
        if a.key in _members(b):
            return f"{a.key} is part of {b.key}"
    if shared := _members(one) & _members(other):
        return f"{one.key} and {other.key} share {', '.join(sorted(shared))}"
    if tables := _tables(one) & _tables(other):
        return f"{one.key} and {other.key} use the same table {', '.join(sorted(tables))}"
    for keys, reason in SAME_DATA:
        if {one.key, other.key} <= keys:
            return f"{one.key} and {other.key}: {reason}"
    return None


#: Stands for every shipped measurement on the ground, one key a data set.
LABORATORY = "laboratory"


def expanded(keys: Sequence[str]) -> list[str]:
    """The keys, with :data:`LABORATORY` written out: measurements that count, the first of those that overlap.

    Joint cards come after their members, so that every experiment enters with its newest data once.

    Examples
    --------
    >>> found = expanded(["laboratory"])
    >>> "lz-nees" in found, "xenon-nees-combined" in found, "miniboone-roi" in found
    (True, False, False)
    """
    found = list(keys)
    if LABORATORY not in found:
        return found
    place = found.index(LABORATORY)
    others = [registry.load(key) for key in found if key != LABORATORY]
    kept: list[Constraint] = []
    candidates = [registry.get(key) for key in registry.card_keys()]
    for one in sorted(candidates, key=lambda c: (bool(_members(c)), c.key)):
        if one.kind == "exclusion" and all(overlap(one, other) is None for other in (*others, *kept)):
            kept.append(one)
    return [*found[:place], *sorted(c.key for c in kept), *(key for key in found[place + 1 :] if key != LABORATORY)]


def check_independent(constraints: Sequence[Constraint]) -> None:
    """Refuse data sets that overlap.

    Raises
    ------
    DomainError
        With both keys and the reason.
    """
    for one, other in itertools.combinations(constraints, 2):
        reason = overlap(one, other)
        if reason is not None:
            raise DomainError(f"these data would be counted twice: {reason}")


def _members(constraint: Constraint) -> set[str]:
    return set(getattr(constraint.card, "members", ())) if isinstance(constraint, Experiment) else set()


def _tables(constraint: Constraint) -> set[str]:
    if not isinstance(constraint, Experiment):
        return set()
    section = getattr(constraint.card, "observation", None)
    table = getattr(section, "table", "")
    return {str(table)} if table else set()
