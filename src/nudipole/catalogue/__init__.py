"""Experiments as documents: schema, registry, cards, data."""
