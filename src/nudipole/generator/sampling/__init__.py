"""Steps that samplers share: choices, paths, scattering, decays."""
