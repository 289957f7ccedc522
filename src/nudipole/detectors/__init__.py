"""Detector response and geometry."""
