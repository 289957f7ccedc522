"""Observables: the verbs of the theory as functions of arrays, built on the processes."""
