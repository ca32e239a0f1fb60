"""Where web servers listen."""

from __future__ import annotations

import socket

import pytest

from tfhd.errors import InputError
from tfhd.serving.web import listen


@pytest.mark.parametrize(
    ("host", "family"), [("127.0.0.1", socket.AF_INET), ("::1", socket.AF_INET6), ("[::1]", socket.AF_INET6)]
)
def test_a_free_port_is_taken(host: str, family: int) -> None:
    with listen(host, 0) as listening, socket.socket(family) as client:
        client.connect(listening.getsockname())


def test_every_interface_is_that_of_both_families() -> None:
    with listen("::", 0) as listening:
        port = listening.getsockname()[1]
        for address in ("127.0.0.1", "::1"):
            socket.create_connection((address, port)).close()


@pytest.mark.parametrize("port", [-1, 65536])
def test_a_port_out_of_range_is_refused(port: int) -> None:
    with pytest.raises(InputError, match=f"--rest-api-port is {port}; expected 0 to 65535"):
        listen("127.0.0.1", port, "--rest-api-port")


def test_a_host_that_is_not_this_machines_is_refused() -> None:
    with pytest.raises(InputError, match=r"192\.0\.2\.1:0: cannot listen there \(.+\); choose another --port or --host"):
        listen("192.0.2.1", 0)


def test_a_port_that_is_taken_is_refused() -> None:
    with listen("127.0.0.1", 0) as taken, pytest.raises(InputError, match="choose another --port"):
        listen("127.0.0.1", taken.getsockname()[1])
