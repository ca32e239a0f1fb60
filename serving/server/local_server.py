"""The local server: builds its parts, starts them and stops them in order."""

from __future__ import annotations

import logging
import signal
import socket
import threading

import uvicorn

from tfhd.errors import InputError
from tfhd_client import ServingError

from .batching import Scheduler
from .config_files import Configuration
from .flags import Flags
from .grpc_server import GrpcServer, ModelService, PredictionService
from .metrics import Metrics
from .prediction import Predictor, ServedVersion
from .repository import Repository
from .rest.app import build_app


class LocalServer:
    """Loads models and answers requests for them over gRPC and REST.

    Args:
        flags: ports, limits and pauses.
        configuration: models, batching, certificates and metrics.

    Attributes:
        port: port on which gRPC listens.
        rest_api_port: port on which REST listens.
        repository: the models in memory.

    Raises:
        InputError: a port is not available.
    """

    def __init__(self, flags: Flags, configuration: Configuration) -> None:
        self._flags, self._models, batching = flags, configuration.models, configuration.batching
        self.repository: Repository[ServedVersion] = Repository(
            lambda path: ServedVersion.load(path, batching.options, per_model=flags.enable_per_model_batching_parameters)
        )
        metrics = Metrics(self.repository.is_served)
        self._scheduler = Scheduler(batching.threads, flags.max_pixels)
        predictor = Predictor(self.repository, self._scheduler)
        prediction = PredictionService(predictor, metrics, tensor_content=flags.enable_serialization_as_tensor_content)
        # Ports first, because a taken one shows at once and loading takes long.
        self._grpc = GrpcServer(prediction, ModelService(self.repository), f"{flags.host}:{flags.port}", configuration.tls)
        self.port = self._grpc.port
        self._socket = _listen(flags.host, flags.rest_api_port)
        self.rest_api_port = self._socket.getsockname()[1]
        app = build_app(predictor, self.repository, metrics, configuration.metrics_path)
        self._rest = uvicorn.Server(
            uvicorn.Config(app, log_level="warning", access_log=False, timeout_graceful_shutdown=int(flags.grace_seconds))
        )
        self._stopping = threading.Event()
        self._threads = [threading.Thread(target=self._serve_rest, daemon=True), threading.Thread(target=self._poll, daemon=True)]

    def start(self) -> None:
        """Loads the models, then answers; raises `InputError` where a model has no version that can be loaded."""
        try:
            self.repository.configure(self._models)
        except ServingError as error:
            self._socket.close()
            raise InputError(str(error)) from None
        self._grpc.start()
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        """Refuses new requests, waits until those in flight are answered, and unloads the models."""
        self._stopping.set()
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
        while seconds and not self._stopping.wait(seconds):
            self.repository.update()


def serve(flags: Flags) -> None:
    """Serves until SIGTERM or SIGINT; raises `InputError` where the server cannot start."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s")
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    configuration = Configuration.read(flags)
    server = LocalServer(flags, configuration)
    server.start()
    models = ", ".join(f"{item.name} from {item.base_path}" for item in configuration.models.model_config_list.config)
    print(f"Serving {models}: gRPC {flags.host}:{server.port}, REST http://{flags.host}:{server.rest_api_port}", flush=True)
    stop.wait()
    print("Stopping: answering the requests in flight", flush=True)
    server.stop()


def _listen(host: str, port: int) -> socket.socket:
    try:
        return socket.create_server((host, port), family=socket.AF_INET6 if ":" in host else socket.AF_INET)
    except OSError as error:
        raise InputError(
            f"{host}:{port}: cannot listen there ({error.strerror}); choose another --rest-api-port or --host"
        ) from None
