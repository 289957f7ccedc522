"""Decays of N, and decays of W and Z into N."""
