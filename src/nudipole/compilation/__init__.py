"""The main job: every constraint, every flavour, one folder of tables, figures and comparisons."""
