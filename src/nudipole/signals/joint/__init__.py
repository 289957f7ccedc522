"""Several searches together: envelopes and combined fits."""
