"""What multiplies the predicted counts: a measured nu-e sample, or a published limit on a massless moment."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from nudipole import units
from nudipole.errors import check_positive

FloatArray = npt.NDArray[np.float64]


def sample_factors(measured: Sequence[float | None], predicted: FloatArray) -> FloatArray:
    """Measured over predicted nu-e events of each beam setting (beams,); 1 where nothing was measured.

    Examples
    --------
    >>> sample_factors([50.0, None], np.array([40.0, 30.0])).tolist()
    [1.25, 1.0]
    """
    return np.array([1.0 if found is None else found / own for found, own in zip(measured, predicted, strict=True)])


def moment_factor(allowed: float, counts_per_d2: float, moment: float) -> float:
    """Allowed signal over the one that the published moment would make, allowed / (counts d^2) with d = mu / 2.

    Parameters
    ----------
    allowed : float
        Largest number of signal events at the confidence level of the published limit.
    counts_per_d2 : float
        Our signal at M = 0 [GeV^2], positive.
    moment : float
        The published limit [Bohr magnetons].

    Raises
    ------
    DomainError
        If a number is not positive.

    Examples
    --------
    >>> round(moment_factor(3.0, 1e12, 1e-8), 3)  # d = 1.4815e-6 / GeV
    1.367
    """
    check_positive(allowed=allowed, counts_per_d2=counts_per_d2, moment=moment)
    return allowed / (counts_per_d2 * units.d_from_mu(moment) ** 2)
