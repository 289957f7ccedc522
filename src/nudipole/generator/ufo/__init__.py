"""The UFO model of the dipole portal."""
