"""Decays of mesons into N: which coupling each needs, how many N it makes, and which are too rare to be sampled.

Neutral mesons make N with any flavour, rate sum |d_alpha|^2, and both nu Nbar and nubar N; P -> l gamma N needs the flavour
of its lepton. The four-body modes, below one per cent of these, are left out.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from nudipole import units
from nudipole.portal import FLAVORS, Direction
from nudipole.processes.mesons import meson
from nudipole.signals.meson_decay.parents import POWER, Parents

FloatArray = npt.NDArray[np.float64]
GROUPS = ("any", *FLAVORS)
"""What a channel needs: any coupling, or that of one flavour."""
_NEGLIGIBLE = 1e-3  # channels below this share of the largest that the same coupling drives are not sampled


class OpenChannel(NamedTuple):
    """A decay into N: meson, channel, mesons to draw, energies of N at rest [GeV], branching ratios per d^2, share of N."""

    parent: str
    channel: str
    parents: Parents
    energy: FloatArray
    ratio: FloatArray
    share: float

    @property
    def group(self) -> str:
        """The flavour whose coupling is needed, or any."""
        return coupling_group(self.channel)

    @property
    def made(self) -> float:
        """N per d^2 [GeV^2], counted with the preference of the mesons."""
        return float(np.sum(self.ratio)) * float(self.parents.cumulative[-1])

    @property
    def made_fast(self) -> float:
        """The same with every N times gamma^k E*^k: what the draws of fast N are in proportion to."""
        return self.parents.fast_content * float(np.sum(self.ratio * self.energy**POWER))


def sampled_channels(parent: str) -> tuple[str, ...]:
    """Two- and three-body channels of a meson.

    Examples
    --------
    >>> sampled_channels("Ds")
    ('e gamma N', 'mu gamma N', 'tau gamma N')
    """
    return tuple(name for name in meson.channels(parent) if len(name.split()) < 4)


def coupling_group(channel: str) -> str:
    """The flavour whose coupling a channel needs: that of its charged lepton, or any.

    Examples
    --------
    >>> coupling_group("mu gamma N"), coupling_group("gamma nu N")
    ('mu', 'any')
    """
    first = channel.split()[0]
    return first if first in FLAVORS else "any"


def strength(group: str, direction: Direction) -> float:
    """Production over d^2: any flavour for neutral mesons, that of the lepton for charged ones.

    Examples
    --------
    >>> strength("any", Direction("mu")), strength("mu", Direction("mu")), strength("e", Direction("mu"))
    (1.0, 1.0, 0.0)
    """
    if group == "any":
        return direction.decay_norm
    return 1.0 if direction.incoherent else float(abs(direction.couplings[FLAVORS.index(group)]) ** 2)


def flavors(parents: Iterable[str]) -> tuple[str, ...]:
    """Flavours whose coupling makes N in decays of these mesons."""
    groups = {coupling_group(channel) for parent in parents for channel in sampled_channels(parent)}
    return FLAVORS if "any" in groups else tuple(f for f in FLAVORS if f in groups)


def maximum_mass(parents: Iterable[str]) -> float:
    """Mass [GeV] above which none of these mesons makes N: m, or m - m_l for the lightest lepton beside N."""
    largest = []
    for parent in parents:
        groups = [coupling_group(channel) for channel in sampled_channels(parent)]
        leptons = [units.LEPTON_MASS[group] for group in groups if group != "any"]
        largest.append(meson.parent_mass(parent) - (min(leptons) if leptons else 0.0))
    return max(largest)


def channels_of(parent: str, parents: Parents, mass: float, form_factor: str) -> list[OpenChannel]:
    """Every open channel of one meson, with its share of N still to be told (0).

    Parameters
    ----------
    parent, parents : str, Parents
        Its name, and what is drawn of it.
    mass : float
        M [GeV].
    form_factor : str
        ``pole`` or ``point``: of the two-photon vertex.
    """
    states = meson.lepton_number_states(parent) / meson.total_width(parent)
    found = []
    for channel in sampled_channels(parent):
        energy, width = meson.hnl_energy_nodes(parent, channel, mass, form_factor)
        if energy.size:
            found.append(OpenChannel(parent, channel, parents, energy, width * states, 0.0))
    return found


def shares(groups: Sequence[str], made: FloatArray) -> FloatArray:
    """Share of each channel in all N that one coupling drives.

    Channels that any coupling opens count beside the flavour that makes least.

    Parameters
    ----------
    groups : sequence of str
        What each channel needs.
    made : ndarray (channels, 2)
        N, and N weighted to be fast; the shares are averaged with the weights 0.8 and 0.2.

    Examples
    --------
    >>> shares(["mu", "mu", "e"], np.array([[3.0, 3.0], [1.0, 1.0], [7.0, 7.0]])).round(9).tolist()
    [0.75, 0.25, 1.0]
    """
    total = {group: np.zeros(2) for group in GROUPS}
    for group, both in zip(groups, made, strict=True):
        total[group] += both
    found = []
    for group, both in zip(groups, made, strict=True):
        rivals = total[group] if group != "any" else np.min([total[f] for f in FLAVORS], axis=0)
        found.append(float(np.average(both / (total["any"] + rivals), weights=(0.8, 0.2))))
    return np.array(found)


def open_channels(sources: Sequence[tuple[str, Parents]], mass: float, form_factor: str) -> list[OpenChannel]:
    """Decays into N of this mass [GeV] of every meson (name, draws), but for those that hardly make any."""
    found = [one for parent, parents in sources for one in channels_of(parent, parents, mass, form_factor)]
    made = np.array([[one.made, one.made_fast] for one in found]).reshape(-1, 2)
    share = shares([one.group for one in found], made)
    return [one._replace(share=float(s)) for one, s in zip(found, share, strict=True) if s > _NEGLIGIBLE]
