"""Ways of seeing N: each kind turns a flux, a process and a detector into expected counts.

A kind of signal is one module with ``CardType`` (its card sections, a :class:`nudipole.cards.Card`) and
``build(card, file)``, which returns a :class:`~nudipole.signals.model.Model`; and one line here.
"""

from nudipole.options import LazyRegistry

SIGNALS = LazyRegistry(
    "signal",
    {
        "recoil": "nudipole.signals.recoil",
        "upscatter-decay": "nudipole.signals.upscatter_decay",
        "envelope": "nudipole.signals.envelope",
        "combination": "nudipole.signals.combination",
        "earth": "nudipole.signals.earth",
        "meson-decay": "nudipole.signals.meson_decay",
        "electron-recoil-beam": "nudipole.signals.electron_recoil_beam",
        "lepton-collider": "nudipole.signals.lepton_collider",
        "hadron-collider": "nudipole.signals.hadron_collider",
    },
)
