"""Hadrons and partons that make N: light mesons, heavy flavour, quarkonia, parton luminosities."""
