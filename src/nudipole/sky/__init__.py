"""What every constraint from the sky shares: the constraint itself and the scan in d."""
