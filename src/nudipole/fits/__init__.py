"""Theory points against every search, combinations of searches, and scans of the parameter space."""
