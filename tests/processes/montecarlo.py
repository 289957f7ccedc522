"""Flat n-body phase space by Monte Carlo: the independent method behind the meson tests (massive RAMBO-like cascade).

A chain of two-body decays X -> (1..n-1) n with intermediate masses uniform between their limits; every event comes with
its weight so that the mean of weight * |M|^2 is the phase-space integral.
"""

from __future__ import annotations

import numpy as np


def boost(momentum, frame):
    """Active boost of (n, 4) momenta from the rest frame of ``frame``, written with rapidity along its direction."""
    mass = np.sqrt(frame[:, 0] ** 2 - np.sum(frame[:, 1:] ** 2, axis=1))
    gamma = frame[:, 0] / mass
    size = np.sqrt(np.sum(frame[:, 1:] ** 2, axis=1))
    direction = frame[:, 1:] / np.where(size > 0, size, 1.0)[:, None]
    along = np.sum(momentum[:, 1:] * direction, axis=1)
    eta = size / mass
    energy = gamma * momentum[:, 0] + eta * along
    shift = (gamma - 1) * along + eta * momentum[:, 0]
    return np.concatenate([energy[:, None], momentum[:, 1:] + shift[:, None] * direction], axis=1)


def two_body(mass, m1, m2, generator):
    """Isotropic back-to-back pair; returns both momenta and p / (4 pi mass)."""
    number = len(mass)
    e1 = (mass**2 + m1**2 - m2**2) / (2 * mass)
    p = np.sqrt(np.maximum((mass**2 - (m1 + m2) ** 2) * (mass**2 - (m1 - m2) ** 2), 0)) / (2 * mass)
    cosine, phi = generator.uniform(-1, 1, number), generator.uniform(0, 2 * np.pi, number)
    sine = np.sqrt(1 - cosine**2)
    three = p[:, None] * np.stack([sine * np.cos(phi), sine * np.sin(phi), cosine], axis=1)
    first = np.concatenate([e1[:, None], three], axis=1)
    second = np.concatenate([(mass - e1)[:, None], -three], axis=1)
    return first, second, p / (4 * np.pi * mass)


def phase_space(mass, masses, number, generator):
    """Momenta [(number, 4)] * n in the rest frame of ``mass`` and weights whose mean is Phi_n."""
    weight = np.ones(number)
    current = np.full(number, float(mass))
    frames, products = [], []
    remaining = list(masses)
    while len(remaining) > 2:
        last = remaining.pop()
        low, high = sum(remaining), current - last
        daughter = low + generator.uniform(size=number) * (high - low)
        weight = weight * 2 * daughter * (high - low) / (2 * np.pi)
        system, particle, phase = two_body(current, daughter, last, generator)
        weight = weight * phase
        products.append((particle, len(frames)))
        frames.append(system)
        current = daughter
    first, second, phase = two_body(current, remaining[0], remaining[1], generator)
    weight = weight * phase
    result = [(first, len(frames)), (second, len(frames)), *reversed(products)]
    out = []
    for momentum, depth in result:
        for frame in reversed(frames[:depth]):
            momentum = boost(momentum, frame)
        out.append(momentum)
    return out, weight


def weighted_ks(nodes, node_weights, events, event_weights):
    """Largest distance between two weighted distribution functions, and the same over its statistical error.

    The nodes of a quadrature are coarse, so the node distribution is interpolated between midpoints.
    """
    order = np.argsort(nodes)
    x, w = nodes[order], node_weights[order]
    cdf = (np.cumsum(w) - 0.5 * w) / np.sum(w)
    order = np.argsort(events)
    y, v = events[order], event_weights[order]
    empirical = (np.cumsum(v) - 0.5 * v) / np.sum(v)
    distance = np.max(np.abs(np.interp(y, x, cdf, left=0, right=1) - empirical))
    effective = np.sum(v) ** 2 / np.sum(v**2)
    return distance, distance * np.sqrt(effective)
