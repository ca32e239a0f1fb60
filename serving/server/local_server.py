"""The local server: everything of it started, and stopped in order."""

from __future__ import annotations

import logging
import signal
import socket
import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import grpc
import uvicorn
from tensorflow_serving.config.model_server_config_pb2 import ModelServerConfig

from tfhd.errors import InputError
from tfhd_client import ServingError

from .batching import BatchingOptions, Scheduler
from .config_files import (
    DEFAULT_BATCH,
    DEFAULT_THREADS,
    BatchingFile,
    read_batching,
    read_metrics_path,
    read_models,
    read_tls,
)
from .grpc_server import GrpcServer, ModelService, PredictionService
from .metrics import Metrics
from .prediction import Predictor, ServedVersion
from .repository import Repository
from .rest import build_app
from .tensorflow_serving import Flags


@dataclass(frozen=True)
class Settings:
    """How to serve.

    Attributes:
        models: what to serve.
        host: interface to listen on.
        port: of gRPC; 0 takes a free one.
        rest_api_port: of REST; 0 takes a free one.
        batching: how requests are joined.
        per_model_batching: versions may bring their own.
        tensor_content: numbers leave as one block of bytes.
        poll_seconds: between looks at the models' folders; 0: only one look.
        tls: of gRPC.
        metrics_path: where Prometheus reads, None: nowhere.
        max_pixels: of all pictures that are painted together.
        grace_seconds: that requests in flight have when the server stops.
    """

    models: ModelServerConfig
    host: str
    port: int
    rest_api_port: int
    batching: BatchingFile
    per_model_batching: bool
    tensor_content: bool
    poll_seconds: int
    tls: grpc.ServerCredentials | None
    metrics_path: str | None
    max_pixels: int
    grace_seconds: float


class LocalServer:
    """Loads the models and answers.

    Args:
        settings: how.

    Attributes:
        port: of gRPC.
        rest_api_port: of REST.
        repository: the models.

    Raises:
        InputError: a model cannot be loaded, or a port cannot be had.
    """

    def __init__(self, settings: Settings) -> None:
        batching = settings.batching
        self.repository: Repository[ServedVersion] = Repository(
            lambda path: ServedVersion.load(path, batching.options, per_model=settings.per_model_batching)
        )
        self._settings, metrics = settings, Metrics(self.repository.is_served)
        self._scheduler = Scheduler(batching.threads, settings.max_pixels)
        predictor = Predictor(self.repository, self._scheduler)
        services = PredictionService(predictor, metrics, tensor_content=settings.tensor_content), ModelService(self.repository)
        # Ports first: that one is taken is known at once, and loading takes long.
        self._grpc = GrpcServer(services, f"{settings.host}:{settings.port}", settings.tls)
        self.port = self._grpc.port
        self._socket = _listen(settings.host, settings.rest_api_port)
        self.rest_api_port = self._socket.getsockname()[1]
        app = build_app(predictor, self.repository, metrics, settings.metrics_path)
        self._rest = uvicorn.Server(
            uvicorn.Config(app, log_level="warning", access_log=False, timeout_graceful_shutdown=int(settings.grace_seconds))
        )
        self._stopping = threading.Event()
        self._threads = [threading.Thread(target=self._serve_rest, daemon=True), threading.Thread(target=self._poll, daemon=True)]

    def start(self) -> None:
        """Loads the models, then listens; raises `InputError` where one has no version that can be loaded."""
        try:
            self.repository.configure(self._settings.models)
        except ServingError as error:
            self._socket.close()
            raise InputError(str(error)) from None
        self._grpc.start()
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        """Refuses new requests, answers those in flight, unloads the models."""
        self._stopping.set()
        self._rest.should_exit = True
        self._grpc.stop(self._settings.grace_seconds)
        for thread in self._threads:
            thread.join()
        self._scheduler.close()
        self.repository.close()

    def _serve_rest(self) -> None:
        self._rest.run(sockets=[self._socket])

    def _poll(self) -> None:
        seconds = self._settings.poll_seconds
        while seconds and not self._stopping.wait(seconds):
            self.repository.update()


def serve(flags: Flags, host: str, max_pixels: int, grace_seconds: float) -> None:
    """Serves until SIGTERM or SIGINT; for the arguments see `tfhd.serving.server.command.main`."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s")
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    settings = _settings(flags, host, max_pixels, grace_seconds)
    server = LocalServer(settings)
    server.start()
    models = ", ".join(f"{item.name} from {item.base_path}" for item in settings.models.model_config_list.config)
    print(f"Serving {models}: gRPC {host}:{server.port}, REST http://{host}:{server.rest_api_port}", flush=True)
    stop.wait()
    print("Stopping: answering the requests in flight", flush=True)
    server.stop()


def _settings(flags: Flags, host: str, max_pixels: int, grace_seconds: float) -> Settings:
    def read(reader: Callable, name: str, default: object = None) -> Any:
        return reader(flags[name]) if flags[name] else default

    models = ModelServerConfig()
    if flags["model_base_path"]:
        models.model_config_list.config.add(name=flags["model_name"], base_path=str(flags["model_base_path"]))
    batching = read(read_batching, "batching_parameters_file", BatchingFile(BatchingOptions(), DEFAULT_THREADS))
    if flags["enable_batching"] and not flags["batching_parameters_file"]:
        batching = BatchingFile(BatchingOptions(max_batch_size=DEFAULT_BATCH), DEFAULT_THREADS)
    return Settings(
        models=read(read_models, "model_config_file", models),
        host=host,
        port=flags["port"],
        rest_api_port=flags["rest_api_port"],
        batching=batching,
        per_model_batching=flags["enable_per_model_batching_parameters"],
        tensor_content=flags["enable_serialization_as_tensor_content"],
        poll_seconds=flags["file_system_poll_wait_seconds"],
        tls=read(read_tls, "ssl_config_file"),
        metrics_path=read(read_metrics_path, "monitoring_config_file"),
        max_pixels=max_pixels,
        grace_seconds=grace_seconds,
    )


def _listen(host: str, port: int) -> socket.socket:
    try:
        return socket.create_server((host, port), family=socket.AF_INET6 if ":" in host else socket.AF_INET)
    except OSError as error:
        raise InputError(
            f"{host}:{port}: cannot listen there ({error.strerror}); choose another --rest-api-port or --host"
        ) from None
