"""Electron recoils in accelerator beams."""
