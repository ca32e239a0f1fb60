"""The local server in a process of its own."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path
from types import TracebackType
from typing import Any

from tfhd.errors import InputError

_READY = re.compile(r"gRPC (\S+), REST http://(\S+)")
_UNLIMITED = [("grpc.max_receive_message_length", -1), ("grpc.max_send_message_length", -1)]


class Server:
    """`python -m serving serve`, on a free port, for the time of a with block.

    Args:
        model_base: folder of the model's versions.
        options: further arguments.

    Attributes:
        address: HOST:PORT of gRPC.
        rest_address: HOST:PORT of REST.

    Raises:
        InputError: it does not start.
    """

    def __init__(self, model_base: Path, *options: str) -> None:
        command = [sys.executable, "-m", "serving", "serve", str(model_base), "--port", "0", "--rest-api-port", "0", *options]
        self._process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, encoding="utf-8")
        first = self._process.stdout.readline()
        found = _READY.search(first)
        if not found:
            self.wait()
            raise InputError(f"{' '.join(command)} did not start; see what it says above")
        self.address, self.rest_address = found.groups()

    def channel(self) -> Any:
        """A new connection."""
        import grpc

        return grpc.insecure_channel(self.address, _UNLIMITED)

    def predict(self, channel: Any, request: Any) -> Any:
        """Sends a PredictRequest and waits for its answer."""
        from tensorflow_serving.apis.prediction_service_pb2_grpc import PredictionServiceStub

        return PredictionServiceStub(channel).Predict(request, timeout=600)

    def terminate(self) -> None:
        """Asks the server to end, with the signal that hosts and containers send."""
        self._process.terminate()

    def wait(self) -> int:
        """Waits until the server has ended; returns its exit code."""
        code = self._process.wait()
        self._process.stdout.close()
        return code

    def resident_bytes(self) -> int:
        """Main memory that the process has now."""
        status = Path(f"/proc/{self._process.pid}/status").read_text()
        return int(re.search(r"VmRSS:\s+(\d+) kB", status)[1]) * 1024

    def __enter__(self) -> Server:
        return self

    def __exit__(self, kind: type[BaseException] | None, value: BaseException | None, traceback: TracebackType | None) -> None:
        self.terminate()
        code = self.wait()
        if code and kind is None:
            raise InputError(f"the server ended with {code}")
