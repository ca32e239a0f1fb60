"""What web servers share: where they listen, how they end, and headers that keep a page to itself."""

from __future__ import annotations

import signal
import socket
import threading
from typing import TYPE_CHECKING

from tfhd.errors import InputError

if TYPE_CHECKING:
    import uvicorn
    from starlette.types import Message, Send

_HEADERS = {
    # Nothing from elsewhere, and no other site shows the page within its own.
    "content-security-policy": "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob: data:; "
    "connect-src 'self'; form-action 'none'; base-uri 'none'; frame-ancestors 'none'",
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "cache-control": "no-store",
}


def listen(host: str, port: int, flag: str = "--port") -> socket.socket:
    """Opens a socket that listens.

    Args:
        host: name or address; an IPv6 address with or without brackets, where :: is every interface of both families.
        port: 0 for any.
        flag: that gave the port.

    Raises:
        InputError: the port is out of range or taken, or the host is not this machine's.
    """
    if not 0 <= port < 2**16:
        raise InputError(f"{flag} is {port}; expected 0 to {2**16 - 1}")
    name = host.removeprefix("[").removesuffix("]")
    family = socket.AF_INET6 if ":" in name else socket.AF_INET
    try:
        both = name == "::" and socket.has_dualstack_ipv6()
        listening = socket.create_server((name, port), family=family, dualstack_ipv6=both)
    except OSError as error:
        where = f"[{name}]:{port}" if ":" in name else f"{name}:{port}"
        reason = error.strerror or str(error)
        raise InputError(f"{where}: cannot listen there ({reason}); choose another {flag} or --host") from None
    # asyncio sets it only on sockets whose protocol is named; without it every answer waits 40 ms for the client's delayed
    # acknowledgement of its head.
    listening.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return listening


def stop_on_signals() -> threading.Event:
    """Returns what SIGTERM and SIGINT will set.

    Call it before an address is printed: whoever reads that may end the server at once.
    """
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    return stop


def run_until(stop: threading.Event, server: uvicorn.Server, listening: socket.socket) -> None:
    """Answers until `stop` is set."""
    # In a thread of its own uvicorn leaves signals alone, which it would raise again at its end.
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
    thread.start()
    stop.wait()
    server.should_exit = True
    thread.join()


def keep_to_itself(send: Send) -> Send:
    """Wraps an ASGI `send` so that each answer has the headers that keep a page, and what it asks for, from other sites."""

    async def send_with_headers(message: Message) -> None:
        if message["type"] == "http.response.start":
            added = [(name.encode(), value.encode()) for name, value in _HEADERS.items()]
            message = {**message, "headers": [*message.get("headers", []), *added]}
        await send(message)

    return send_with_headers
