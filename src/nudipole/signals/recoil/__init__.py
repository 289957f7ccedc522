"""Recoils of solar, reactor and stopped-pion neutrinos."""
