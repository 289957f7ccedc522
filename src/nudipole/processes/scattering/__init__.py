"""Up-scattering of neutrinos into N on electrons, nucleons and nuclei."""
