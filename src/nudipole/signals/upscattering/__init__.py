"""N made by up-scattering in or before a detector and seen by its decay."""
