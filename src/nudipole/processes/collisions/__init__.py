"""N in e+ e- and parton collisions."""
