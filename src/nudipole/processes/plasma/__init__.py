"""Production and absorption of N in plasmas: stars and the early Universe."""
