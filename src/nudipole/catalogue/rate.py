"""Expected counts of one theory point in one experiment, as an object and as columns."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from html import escape
from typing import Any

import numpy as np
import numpy.typing as npt

from nudipole.columns import Tabular
from nudipole.constraint import same
from nudipole.errors import DomainError
from nudipole.portal import Portal

FloatArray = npt.NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Rate(Tabular):
    """Expected counts of one theory point in one experiment, bin by bin.

    Parameters
    ----------
    key : str
        Of the experiment.
    portal : Portal
        The theory point.
    axis : str
        The one axis of the bins; ``bin`` where there are several, or none.
    edges : ndarray (n + 1,)
        Along that axis; running numbers where there are several, or none.
    signal : ndarray (n,)
        Counts from N.
    components : mapping of ndarray (n,)
        Counts without N, by name: ``standard model`` is computed here, backgrounds are the experiment's.
    observed : ndarray (n,) or None
    columns : mapping of ndarray (n,)
        The edges of each bin on every axis, with units: ``energy_low [keV]``, ``time_high [us]``.

    Examples
    --------
    >>> import nudipole as nd
    >>> rate = nd.rate("coherent-csi", mass=1e-3, d=3e-7, flavor="mu")
    >>> list(rate.columns)[:2]
    ['photo-electrons_low', 'photo-electrons_high']
    """

    key: str
    portal: Portal
    axis: str
    edges: FloatArray
    signal: FloatArray
    components: Mapping[str, FloatArray]
    observed: FloatArray | None
    columns: Mapping[str, npt.NDArray[Any]] = field(default_factory=dict)

    def __eq__(self, other: object) -> bool:
        return same(self, other) if isinstance(other, Rate) else NotImplemented

    def __hash__(self) -> int:
        return hash((self.key, self.portal))

    @property
    def without_n(self) -> FloatArray:
        """All counts expected without N: the sum of the components."""
        return np.sum([np.zeros_like(self.signal), *self.components.values()], axis=0)

    @property
    def with_n(self) -> FloatArray:
        """All counts expected with N."""
        return self.without_n + self.signal

    def to_arrays(self) -> dict[str, npt.NDArray[Any]]:
        """Columns of equal length: edges with units, signal, components, both sums, and the data if there are any."""
        found = dict(self.columns) | {"signal": self.signal} | dict(self.components)
        found |= {"without N": self.without_n, "with N": self.with_n}
        return found | ({} if self.observed is None else {"observed": self.observed})

    def label(self, index: int) -> str:
        """One bin in words: ``8 - 12 photo-electrons, 0.5 - 0.625 us``.

        Parameters
        ----------
        index : int
            Of the bin; negative from the end.

        Returns
        -------
        str

        Raises
        ------
        DomainError
            If there is no such bin.
        """
        if not -len(self.signal) <= index < len(self.signal):
            raise DomainError(f"index must count one of {len(self.signal)} bins, got {index}")
        words = []
        for name, values in self.columns.items():
            if "_high" in name or (values.dtype.kind == "f" and np.isnan(values[index])):
                continue
            quantity, _, unit = name.partition(" [")
            if "_low" not in name:
                number = values.dtype.kind == "f"
                words.append(f"{values[index]:.4g} {unit.rstrip(']')}".rstrip() if number else str(values[index]))
                continue
            upper = self.columns[name.replace("_low", "_high")][index]
            words.append(f"{values[index]:.4g} - {upper:.4g} {unit.rstrip(']') or quantity.removesuffix('_low')}")
        return ", ".join(words)

    def _repr_html_(self) -> str:
        names = list(self.components)
        head = "".join(f"<th>{escape(name)}</th>" for name in ["bin", "signal", *names, "observed"])
        rows = []
        for index, value in enumerate(self.signal):
            seen = "" if self.observed is None else f"{self.observed[index]:.4g}"
            cells = [escape(self.label(index)), f"{value:.4g}", *(f"{self.components[n][index]:.4g}" for n in names)]
            rows.append("<tr>" + "".join(f"<td>{cell}</td>" for cell in [*cells, seen]) + "</tr>")
        return f"<table><caption>{escape(self.key)}</caption><tr>{head}</tr>{''.join(rows)}</table>"
