"""Neutrinos of the atmosphere and of astrophysical sources."""
