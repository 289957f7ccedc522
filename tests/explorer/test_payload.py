"""Numbers survive the way into the page and back."""

from __future__ import annotations

import numpy as np
import pytest

from nudipole.errors import DomainError
from nudipole.explorer import payload


def test_arrays_come_back_bit_for_bit():
    rng = np.random.default_rng(1)
    arrays = [rng.normal(size=50).astype(np.float32), np.array([np.inf, -np.inf, 0.0, -0.0, 1e-38], dtype=np.float32)]
    box = payload.Payload()
    places = [box.add(a) for a in arrays]
    header, found = payload.decode(box.encode({"places": places, "text": "Ελληνικά </script>"}))
    assert header["text"] == "Ελληνικά </script>"
    for place, array in zip(places, arrays, strict=True):
        assert found[place].tobytes() == array.tobytes()


def test_equal_arrays_are_stored_once():
    box = payload.Payload()
    assert box.add([1.0, 2.0]) == box.add([1.0, 2.0])
    assert box.add([1.0, 2.5]) == 1


@pytest.mark.parametrize("bits", [1, 9, 17, 22])
def test_rounding_keeps_the_bits_it_says(bits):
    values = np.random.default_rng(2).lognormal(sigma=20.0, size=1000).astype(np.float32)
    error = np.abs(payload.rounded(values, bits) / values - 1.0)
    assert error.max() <= 2.0 ** -(bits + 1)
    assert error.max() > 2.0 ** -(bits + 2)


def test_infinities_pass_rounding():
    assert payload.rounded([np.inf, 1.0], 5).tolist() == [np.inf, 1.0]


def test_bits_outside_a_float_are_refused():
    with pytest.raises(DomainError, match="between 1 and 23"):
        payload.rounded([1.0], 24)


def test_text_of_the_payload_cannot_close_its_element():
    assert "<" not in payload.Payload().encode({"title": "</script><script>alert(1)</script>"})
