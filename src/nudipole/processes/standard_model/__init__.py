"""Standard Model neutrino cross sections: backgrounds and flux normalisation."""
