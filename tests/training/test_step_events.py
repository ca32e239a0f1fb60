from __future__ import annotations

from types import SimpleNamespace

import pytest

from tfhd.training.step_events import Meter


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> SimpleNamespace:
    """A clock that stands unless a test sets `now`."""
    clock = SimpleNamespace(now=100.0)
    clock.monotonic = lambda: clock.now
    monkeypatch.setattr("tfhd.training.step_events.time", clock)
    return clock


def step(meter: Meter, clock: SimpleNamespace, seconds: float, loss: float) -> None:
    meter.start_step()
    clock.now += seconds
    meter.end_step({"gan": loss, "other": 2 * loss})


def test_a_report_holds_the_means_and_the_speed_of_the_steps_since_the_one_before(clock):
    meter = Meter(batch_size=4)
    for loss in (1.0, 2.0, 6.0):
        step(meter, clock, 0.5, loss)
    first = meter.report()
    assert first.losses == {"gan": 3.0, "other": 6.0}
    assert first.images_per_second == pytest.approx(3 * 4 / 1.5)
    step(meter, clock, 2.0, 10.0)
    second = meter.report()
    assert second.losses == {"gan": 10.0, "other": 20.0}
    assert second.images_per_second == pytest.approx(2.0)


def test_time_between_steps_is_not_counted(clock):
    meter = Meter(batch_size=1)
    for _ in range(2):
        step(meter, clock, 1.0, 0.0)
        clock.now += 1000.0  # a validation
    assert meter.report().images_per_second == pytest.approx(1.0)


def test_memory_is_what_a_process_may_need(clock):
    meter = Meter(batch_size=1)
    step(meter, clock, 1.0, 0.0)
    assert 50 < meter.report().memory_mib < 1_000_000
