#!/usr/bin/env bash
# grpcio 1.85.3 on Linux (checked 2026-11-29): a second server on a port that is taken starts without an
# error and gets a share of the connections.
#
# Seen: gRPC sets SO_REUSEPORT. Two servers bind the same port, add_insecure_port returns the port to
# both, and the kernel deals new connections out between them.
#
# Why it matters: a server with an old model that was not stopped goes on answering: half of the
# clients get images of the old model, and the same request is right or wrong from one connection to the
# next. On one connection all is consistent, so the person who looks into it sees nothing.
#
# Remedy: options=[("grpc.so_reuseport", 0)] on every server; the second one then fails to bind.
set -euo pipefail
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
python3 -m venv "$tmp/venv"
"$tmp/venv/bin/pip" install -q --disable-pip-version-check grpcio==1.85.3

cd "$tmp"
venv/bin/python - 2>"$tmp/log" <<'PY' || { cat "$tmp/log" >&2; exit 1; }
import sys
from concurrent import futures

import grpc


def start(answer, port, *options):
    method = grpc.unary_unary_rpc_method_handler(lambda request, context: answer)
    server = grpc.server(futures.ThreadPoolExecutor(1), options=options)
    server.add_generic_rpc_handlers(
        (grpc.method_handlers_generic_handler("test", {"model": method}),)
    )
    bound = server.add_insecure_port(f"127.0.0.1:{port}")
    server.start()
    return server, bound


def answers(port, connections):
    received = []
    for _ in range(connections):
        options = [("grpc.use_local_subchannel_pool", 1)]
        with grpc.insecure_channel(f"127.0.0.1:{port}", options=options) as channel:
            received.append(channel.unary_unary("/test/model")(b"", timeout=20).decode())
    return received


old, port = start(b"old model", 0)
new, same_port = start(b"new model", port)
received = answers(port, 50)
counts = {answer: received.count(answer) for answer in sorted(set(received))}
print(f"both servers have the same port: {port == same_port}; 50 connections: {counts}")
old.stop(None).wait()
new.stop(None).wait()

exclusive = ("grpc.so_reuseport", 0)
first, port = start(b"", 0, exclusive)
try:
    start(b"", port, exclusive)
    refused = False
except RuntimeError:
    refused = True
print(f"with so_reuseport=0 the second server is refused: {refused}")
first.stop(None).wait()
same = port and set(counts) == {"old model", "new model"} and refused
sys.exit(0 if same else "changed: answers of both servers and a refusal were expected")
PY
