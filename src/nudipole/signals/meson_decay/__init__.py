"""N from meson decays at a target, seen by its decay in a far detector."""
