"""Pure vectorised functions, one file per process; they know nothing of fluxes, detectors or experiments."""
