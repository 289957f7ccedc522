"""N made by up-scattering in the Earth, seen by its decay in a large detector."""
