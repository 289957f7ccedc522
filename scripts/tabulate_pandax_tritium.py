"""Tabulate the tritium column of catalogue/data/pandax4t-nees.csv: one decay, smeared and seen by PandaX-4T run 1.

Allowed beta spectrum of tritium, Q = 18.591 keV, in the field of 3He (non-relativistic Fermi function, good to a few
per cent here), folded with the resolution and efficiency of the card. Prints one number for each 1 keV bin, summing
to one.
"""

from __future__ import annotations

import numpy as np

from nudipole import units
from nudipole.detectors.response import from_options

Q_VALUE = 18.591 * units.KEV


def spectrum(energy: np.ndarray) -> np.ndarray:
    """Electron spectrum dN/dT of tritium, not normalised."""
    momentum = np.sqrt(energy * (energy + 2.0 * units.ELECTRON_MASS))
    total = energy + units.ELECTRON_MASS
    sommerfeld = 2.0 * np.pi * 2 * units.ALPHA * total / momentum
    fermi = sommerfeld / -np.expm1(-sommerfeld)
    return fermi * momentum * total * (Q_VALUE - energy) ** 2


def main() -> None:
    energy = np.linspace(0.0, Q_VALUE, 4001)[1:]
    response = from_options(
        np.arange(31.0) * units.KEV,
        resolution={"model": "polynomial", "coefficients": [0.073, 0.173, -6.5e-3, 1.1e-4], "unit": "keV"},
        efficiency={
            "model": "table",
            "file": "catalogue/data/pandax4t-er-efficiency.csv",
            "space": "reconstructed",
            "above": "hold",
        },
    )
    counts = np.trapezoid(response.matrix(energy) * spectrum(energy), energy, axis=1)
    for share in counts / counts.sum():
        print(f"{share:.5f}")


if __name__ == "__main__":
    main()
