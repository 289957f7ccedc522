"""Meson decays into N."""
