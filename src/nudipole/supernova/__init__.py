"""Supernovae and stars: profiles, emission, SN1987A, red giants."""
