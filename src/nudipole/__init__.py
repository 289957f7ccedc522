"""nudipole: the neutrino dipole portal, one theory point in, every observable and every exclusion curve out."""
