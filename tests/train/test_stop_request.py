from __future__ import annotations

import os
import signal
import threading
from collections.abc import Iterator

import pytest

from tfhd.train.stop_request import stop_request


@pytest.fixture(autouse=True)
def own_handlers() -> Iterator[None]:
    """Handlers that fail a test loudly where a signal passes by a request, and the process's own afterwards."""

    def fail(number: int, _) -> None:
        raise AssertionError(f"signal {number} was not taken")

    before = {number: signal.signal(number, fail) for number in (signal.SIGINT, signal.SIGTERM)}
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


def send(number: int) -> None:
    os.kill(os.getpid(), number)


def test_nothing_is_asked_at_first():
    with stop_request() as stop:
        assert not stop()


@pytest.mark.parametrize(("number", "code"), [(signal.SIGTERM, 143), (signal.SIGINT, 130)])
def test_a_signal_asks_to_stop_and_gives_the_exit_code_that_shells_expect(number, code):
    with stop_request() as stop:
        send(number)
        assert stop()
        assert stop(), "it is not forgotten once it was asked for"
        assert stop.exit_code == code


def test_a_second_ctrl_c_ends_at_once():
    with stop_request() as stop:
        send(signal.SIGINT)
        with pytest.raises(KeyboardInterrupt):
            send(signal.SIGINT)
        assert stop()


def test_a_second_sigterm_still_waits_for_the_step():
    with stop_request() as stop:
        send(signal.SIGTERM)
        send(signal.SIGTERM)
        assert stop()


def test_a_host_that_others_stopped_ends_as_one_that_was_asked_itself():
    with stop_request() as stop:
        assert stop.exit_code == 128 + signal.SIGTERM


def test_signals_are_given_back():
    before = [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)]
    with pytest.raises(ZeroDivisionError), stop_request():
        raise ZeroDivisionError
    assert [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)] == before


def test_outside_the_main_thread_signals_stay_as_they_are():
    found = []

    def train() -> None:
        with stop_request() as stop:
            found.extend([stop(), signal.getsignal(signal.SIGTERM)])

    before = signal.getsignal(signal.SIGTERM)
    thread = threading.Thread(target=train)
    thread.start()
    thread.join()
    assert found == [False, before]
