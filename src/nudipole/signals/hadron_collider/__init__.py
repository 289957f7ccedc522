"""Mono-photon searches at proton-proton colliders."""
