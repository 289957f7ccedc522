"""Neutrinos of the Sun, of reactors and of stopped pions."""
