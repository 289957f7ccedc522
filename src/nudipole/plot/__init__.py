"""Figures: planes of mass against coupling, labels, styles."""
