"""Events from the same sources, processes and detectors as the templates: sampling, writers, reweighting, UFO model."""
