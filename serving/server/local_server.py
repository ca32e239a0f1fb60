"""The local server: builds its parts, starts them and stops them in order."""

from __future__ import annotations

import gc
import logging
import math
import os
import resource
import threading
from functools import partial

import uvicorn

from tfhd.errors import InputError
from tfhd_client import ServingError

from ..web import listen, stop_on_signals
from .addresses import grpc_addresses
from .batching import Scheduler
from .config_files import Configuration
from .config_polling import poll_models
from .flags import Flags
from .grpc_server import GrpcServer, ModelService, PredictionService
from .memory import Memory
from .metrics import Metrics
from .prediction import Predictor, ServedVersion
from .repository import Repository
from .rest.app import build_app
from .rest_limits import ACCEPTED, RestLimits, RestServer

_MOST_CONNECTIONS = 1024
"""Limit for each port."""
_DESCRIPTORS = 4096
_OTHER_DESCRIPTORS = 96
"""What the server needs beside connections: libraries, event loops, the files of a version that is loaded."""
_LOWER = 5
"""By how much threads that load new versions are nicer than others."""


class LocalServer:
    """Loads models and answers requests for them over gRPC and REST.

    Args:
        flags: ports, limits and pauses.
        configuration: models, batching, certificates and metrics.

    Attributes:
        address: where gRPC listens, as clients name it: HOST:PORT, or unix:PATH where there is no port.
        rest_api_port: port on which REST listens.
        repository: the models in memory.

    Raises:
        InputError: a port is not available.
    """

    def __init__(self, flags: Flags, configuration: Configuration) -> None:
        self._flags, self._models, batching = flags, configuration.models, configuration.batching
        load = partial(
            ServedVersion.load,
            batching=batching.options,
            per_model=flags.enable_batching and flags.enable_per_model_batching_parameters,
            is_warmed_up=flags.enable_model_warmup,
        )
        self.repository: Repository[ServedVersion] = Repository(
            load,
            labels_for_unavailable=flags.allow_version_labels_for_unavailable_models,
        )
        metrics = Metrics(self.repository.is_served)
        self._scheduler = Scheduler(batching.threads, flags.max_pixels)
        predictor = Predictor(self.repository, self._scheduler)
        memory = Memory(flags.max_requests_mb << 20, flags.max_memory_mb << 20 or None)
        connections = _connections_per_port()
        prediction = PredictionService(predictor, metrics, tensor_content=flags.enable_serialization_as_tensor_content)
        # Ports first, because a taken one shows at once and loading takes long.
        self._grpc = GrpcServer(
            prediction, ModelService(self.repository), grpc_addresses(flags), configuration.tls, memory, connections
        )
        self.address = flags.at(self._grpc.port) if self._grpc.port else f"unix:{flags.grpc_socket_path}"
        self._socket = listen(flags.interface, flags.rest_api_port, "--rest-api-port")
        self.rest_api_port = self._socket.getsockname()[1]
        app = build_app(predictor, self.repository, metrics, configuration.metrics_path)
        self._limits = RestLimits(app, memory, flags.rest_api_timeout_in_ms / 1000 or math.inf, connections)
        self._rest = RestServer(
            uvicorn.Config(
                self._limits,
                http=self._limits.protocol,
                lifespan="on",
                log_level="error",  # a warning for every malformed request would fill disks
                access_log=False,
                backlog=ACCEPTED,
                timeout_graceful_shutdown=int(flags.grace_seconds),
            )
        )
        self._stopping = threading.Event()
        self._threads = [threading.Thread(target=work, daemon=True) for work in (self._serve_rest, self._poll)]
        if (file := flags.model_config_file) and (seconds := flags.model_config_file_poll_wait_seconds):
            look = partial(poll_models, file, seconds, self.repository, self._stopping)
            self._threads.append(threading.Thread(target=look, daemon=True))

    def start(self, stop: threading.Event) -> None:
        """Loads the models, then answers. Waits for a model whose folder holds no version yet, but not once `stop` is set.

        Raises:
            InputError: a label names a version that is not loaded, or a model has no version that can be loaded.
        """
        seconds = self._flags.file_system_poll_wait_seconds
        try:
            self.repository.configure(self._models, (lambda: not stop.wait(seconds)) if seconds else None)
        except ServingError as error:
            self._socket.close()
            self._grpc.close()
            raise InputError(str(error)) from None
        self._grpc.start()
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        """Refuses new requests, waits until those in flight are answered, and unloads the models."""
        self._stopping.set()
        self._limits.stop()
        self._rest.should_exit = True
        self._grpc.stop(self._flags.grace_seconds)
        for thread in self._threads:
            thread.join()
        self._scheduler.close()
        self.repository.close()

    def _serve_rest(self) -> None:
        self._rest.run(sockets=[self._socket])

    def _poll(self) -> None:
        seconds = self._flags.file_system_poll_wait_seconds
        # A version that is loaded and warmed up takes a core for seconds, which requests shall have first.
        thread = threading.get_native_id()
        os.setpriority(os.PRIO_PROCESS, thread, os.getpriority(os.PRIO_PROCESS, thread) + _LOWER)
        while seconds and not self._stopping.wait(seconds):
            self.repository.update()


def serve(flags: Flags) -> None:
    """Serves until SIGTERM or SIGINT; raises `InputError` where the server cannot start."""
    _raise_descriptor_limit()
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s")
    stop = stop_on_signals()
    configuration = Configuration.read(flags)
    gc.freeze()  # modules stay in memory; otherwise Python would look through them whenever it looks for what does not
    server = LocalServer(flags, configuration)
    server.start(stop)
    models = ", ".join(f"{item.name} from {item.base_path}" for item in configuration.models.model_config_list.config)
    print(f"Serving {models}: gRPC {server.address}, REST http://{flags.at(server.rest_api_port)}", flush=True)
    stop.wait()
    print("Stopping: answering the requests in flight", flush=True)
    server.stop()


def _raise_descriptor_limit() -> None:
    """Allows this process as many open files as the system lets it have."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = min(_DESCRIPTORS, hard) if hard != resource.RLIM_INFINITY else _DESCRIPTORS
    if soft != resource.RLIM_INFINITY and soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))


def _connections_per_port() -> int:
    """Returns how many connections each port may have, so that descriptors are left to load models."""
    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft == resource.RLIM_INFINITY:
        return _MOST_CONNECTIONS
    return max(1, min(_MOST_CONNECTIONS, (soft - _OTHER_DESCRIPTORS) // 2))
