from __future__ import annotations

import math
import time

import pytest

from tfhd.serving.server.memory import Memory, RequestLimits, resident_bytes
from tfhd_client import Code, ServingError


def test_requests_share_one_limit_and_give_back_what_they_took() -> None:
    memory = Memory(100)
    with RequestLimits(memory, math.inf) as first, RequestLimits(memory, math.inf) as second:
        first.add(60)
        with pytest.raises(ServingError, match="--max-requests-mb") as error:
            second.add(41)
        assert error.value.code is Code.RESOURCE_EXHAUSTED
        second.add(40)
    with RequestLimits(memory, math.inf) as third:
        third.add(100)


def test_nothing_is_begun_for_clients_that_no_longer_wait() -> None:
    memory = Memory(100)
    with RequestLimits(memory, time.monotonic()) as late, pytest.raises(ServingError) as error:
        late.add(1)
    assert error.value.code is Code.DEADLINE_EXCEEDED
    with RequestLimits(memory, math.inf) as limits:
        limits.abandon()
        with pytest.raises(ServingError) as error:
            limits.add(1)
    assert error.value.code is Code.CANCELLED


def test_a_process_that_is_too_large_takes_no_further_requests() -> None:
    small = Memory(100, most_resident=1)
    assert small.look()
    with pytest.raises(ServingError, match="--max-memory-mb") as error:
        small.reserve(1)
    assert error.value.code is Code.RESOURCE_EXHAUSTED
    large = Memory(100, most_resident=100 * resident_bytes())
    assert not large.look()
    large.reserve(1)
