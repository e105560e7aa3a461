"""What a body may cost: time and memory grow with its length, whatever its sender put into it."""

from __future__ import annotations

import time

import pytest

from counterfoil.core.errors import InvalidInput
from counterfoil.faces.kit.exact_json import read_json


def test_one_name_that_stands_twice_is_found_among_many_in_little_time() -> None:
    names = ",".join(f'"k{number}":1' for number in range(100_000))
    started = time.process_time()
    with pytest.raises(InvalidInput) as refused:
        read_json(f'{{"a":{{{names},"k7":2}}}}'.encode())
    assert refused.value.field == "a.k7"
    assert time.process_time() - started < 2, "it took minutes when each name was looked for anew"
