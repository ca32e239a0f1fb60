#!/usr/bin/env bash
# uvicorn 0.54.0 on CPython 3.11 and Linux (checked 2026-11-29): a server that is given its socket answers
# without TCP_NODELAY, the same server that opens it itself answers with it.
#
# Seen: asyncio sets TCP_NODELAY on a connection only where its socket says IPPROTO_TCP. socket.create_server
# leaves the protocol at 0, and so do the sockets that it accepts.
#
# Why it matters: an answer in two parts, headers and body, then waits for the client's delayed
# acknowledgement: about 40 ms for each small answer on a connection that is kept open. Whoever binds
# the socket first (to know a free port, to listen on two addresses, to drop privileges) pays that.
#
# Remedy: setsockopt(IPPROTO_TCP, TCP_NODELAY, 1) on the listening socket; accepted ones inherit it on Linux.
set -euo pipefail
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
python3 -m venv "$tmp/venv"
"$tmp/venv/bin/pip" install -q --disable-pip-version-check uvicorn==0.54.0

cd "$tmp"
venv/bin/python - <<'PY'
import asyncio
import socket
import sys
import urllib.request

import uvicorn


async def app(scope, receive, send):
    connection = found["server"].server_state.connections
    transport = next(iter(connection)).transport
    own = transport.get_extra_info("socket")
    found["nodelay"] = own.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": b"."})


found = {}


async def nodelay(own_socket):
    """TCP_NODELAY of the connection that answers one request."""
    config = uvicorn.Config(app, port=0, lifespan="off", log_level="error")
    server = found["server"] = uvicorn.Server(config)
    serving = asyncio.create_task(server.serve([own_socket] if own_socket else None))
    while not server.started:
        await asyncio.sleep(0.05)
    port = server.servers[0].sockets[0].getsockname()[1]
    url = f"http://127.0.0.1:{port}/"
    await asyncio.to_thread(lambda: urllib.request.urlopen(url).read())
    server.should_exit = True
    await serving
    return found["nodelay"]


given = socket.create_server(("127.0.0.1", 0))
cured = socket.create_server(("127.0.0.1", 0))
cured.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
seen = [bool(asyncio.run(nodelay(each))) for each in (given, None, cured)]
print(f"TCP_NODELAY: socket given {seen[0]}, opened by uvicorn {seen[1]}, given with the option {seen[2]}")
sys.exit(0 if seen == [False, True, True] else "changed: False, True, True was expected")
PY
