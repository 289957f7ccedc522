"""Single photons and missing energy at e+ e- colliders."""
