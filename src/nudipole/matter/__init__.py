"""Matter: isotopes, form factors, nucleons, atoms, materials, the Earth."""
