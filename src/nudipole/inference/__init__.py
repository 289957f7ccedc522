"""Counts, likelihoods, limits: knows no physics."""
