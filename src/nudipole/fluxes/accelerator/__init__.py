"""Neutrino beams of accelerators: horn beams, beam dumps and the forward LHC."""
