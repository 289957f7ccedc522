"""Ways of seeing N: each kind turns a flux, a process and a detector into expected counts.

A kind of signal is one module with ``CardType`` (its card sections, a :class:`nudipole.inputs.cards.Card`) and
``build(card, file)``, which returns a :class:`~nudipole.signals.protocol.Model`; and one line here.
"""

from nudipole.inputs.options import LazyRegistry

SIGNALS = LazyRegistry(
    "signal",
    {
        "recoil": "nudipole.signals.recoil.model",
        "upscatter-decay": "nudipole.signals.upscattering.model",
        "envelope": "nudipole.signals.joint.envelope",
        "combination": "nudipole.signals.joint.combination",
        "earth": "nudipole.signals.earth.model",
        "meson-decay": "nudipole.signals.meson_decay.model",
        "electron-recoil-beam": "nudipole.signals.electron_recoil.model",
        "lepton-collider": "nudipole.signals.lepton_collider.model",
        "hadron-collider": "nudipole.signals.hadron_collider.model",
    },
)
