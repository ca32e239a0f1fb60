#!/usr/bin/env bash
# grpcio 1.85.3 (checked 2026-11-29): a long error message changes the status code.
#
# Seen: a server that aborts with INVALID_ARGUMENT and a message of 20,000 characters reaches the client
# as RESOURCE_EXHAUSTED, "received metadata size exceeds hard limit". The message travels in the
# trailing metadata, which is limited to 16 KiB. Between 8 and 16 KiB some calls arrive as they were sent
# and others do not. The server sees nothing of it.
#
# Why it matters: messages that repeat what was sent (a list of the ids that are not in the label
# set, a tensor) grow with the request. RESOURCE_EXHAUSTED is what servers use for "try again later", so
# clients repeat a request that can never succeed, and it is also the code for messages above the
# limit of 4 MB, so the search begins there.
#
# Remedy: cut the text before context.abort (TensorFlow Serving cuts at 1024 characters), or raise
# grpc.max_metadata_size at the client.
set -euo pipefail
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
python3 -m venv "$tmp/venv"
"$tmp/venv/bin/pip" install -q --disable-pip-version-check grpcio==1.85.3

cd "$tmp"
venv/bin/python - <<'PY'
import sys
from concurrent import futures

import grpc


def fail(request, context):
    context.abort(grpc.StatusCode.INVALID_ARGUMENT, "x" * int(request))


handler = grpc.method_handlers_generic_handler(
    "test", {"fail": grpc.unary_unary_rpc_method_handler(fail)}
)
server = grpc.server(futures.ThreadPoolExecutor(1))
server.add_generic_rpc_handlers((handler,))
port = server.add_insecure_port("127.0.0.1:0")
server.start()


def codes(length, **options):
    arguments = [(f"grpc.{name}", value) for name, value in options.items()]
    received = set()
    with grpc.insecure_channel(f"127.0.0.1:{port}", options=arguments) as channel:
        for _ in range(5):
            try:
                channel.unary_unary("/test/fail")(str(length).encode(), timeout=20)
            except grpc.RpcError as error:
                received.add(error.code().name)
    return sorted(received)


seen = {length: codes(length) for length in (1_000, 6_000, 20_000, 100_000)}
seen["raised"] = codes(20_000, max_metadata_size=1 << 20)
server.stop(None).wait()
for length, names in seen.items():
    print(f"INVALID_ARGUMENT with a message of {length}: the client gets {', '.join(names)}")
sent, replaced = ["INVALID_ARGUMENT"], ["RESOURCE_EXHAUSTED"]
wanted = {1_000: sent, 6_000: sent, 20_000: replaced, 100_000: replaced, "raised": sent}
sys.exit(f"changed: {wanted} was expected" if seen != wanted else 0)
PY
