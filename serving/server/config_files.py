"""Reads TensorFlow Serving's configuration files, which are protocol buffers in text form."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import grpc
from google.protobuf import text_format
from tensorflow_serving.config.model_server_config_pb2 import ModelServerConfig

from tfhd.errors import InputError
from tfhd_client import declare_messages

from .batching import BatchingOptions
from .flags import Flags, is_remote

DEPLOY = Path(__file__).resolve().parents[1] / "deploy"
"""The folder of examples, in the checkout and where tfhd is installed."""

# tensorflow-serving-api does not contain these. The text form has names only, so the numbers do not matter.
_FILES = declare_messages(
    "tfhd.serving.config",
    {
        "Integer": {"value": (1, "int64", False)},
        "Switch": {"value": (1, "bool", False)},
        "Text": {"value": (1, "string", False)},
        "BatchingParameters": {
            "max_batch_size": (1, "Integer", False),
            "batch_timeout_micros": (2, "Integer", False),
            "max_enqueued_batches": (3, "Integer", False),
            "num_batch_threads": (4, "Integer", False),
            "allowed_batch_sizes": (6, "int64", True),
            "thread_pool_name": (5, "Text", False),
            "pad_variable_length_inputs": (7, "bool", False),
            "enable_large_batch_splitting": (8, "Switch", False),
            "max_execution_batch_size": (9, "Integer", False),
        },
        "SSLConfig": {
            "server_key": (1, "string", False),
            "server_cert": (2, "string", False),
            "custom_ca": (3, "string", False),
            "client_verify": (4, "bool", False),
        },
        "PrometheusConfig": {"enable": (1, "bool", False), "path": (2, "string", False)},
        "MonitoringConfig": {"prometheus_config": (1, "PrometheusConfig", False)},
    },
)

DEFAULT_BATCH = 8
DEFAULT_THREADS = 2
"""One batch is decoded or encoded while another is computed; each takes up the memory of a batch."""


@dataclass(frozen=True)
class BatchingSettings:
    """How a server batches requests.

    Attributes:
        options: how the requests of a queue wait for each other; by default not at all.
        threads: number of batches computed at a time.
    """

    options: BatchingOptions
    threads: int = DEFAULT_THREADS


@dataclass(frozen=True)
class Configuration:
    """What the configuration files that the flags name hold, or what applies without them.

    Attributes:
        models: the models to serve.
        batching: how requests are batched.
        tls: key and certificates for gRPC; None for an unencrypted port.
        metrics_path: REST path under which Prometheus reads metrics; None where they are not shown.
    """

    models: ModelServerConfig
    batching: BatchingSettings
    tls: grpc.ServerCredentials | None
    metrics_path: str | None

    @classmethod
    def read(cls, flags: Flags) -> Configuration:
        """Reads all files; raises `InputError` where one cannot be read or makes no sense."""
        if flags.model_config_file:
            models = read_models(flags.model_config_file)
        else:
            models = ModelServerConfig()
            if is_remote(flags.model_base_path):
                raise InputError(f"{flags.model_base_path}: the local server reads folders of this machine alone")
            path = str(Path(flags.model_base_path).resolve())
            models.model_config_list.config.add(name=flags.model_name, base_path=path, model_platform="tensorflow")
        if flags.batching_parameters_file:
            batching = read_batching(flags.batching_parameters_file)
        else:
            batching = BatchingSettings(BatchingOptions(DEFAULT_BATCH if flags.enable_batching else None))
        return cls(
            models,
            batching,
            read_tls(flags.ssl_config_file) if flags.ssl_config_file else None,
            read_metrics_path(flags.monitoring_config_file) if flags.monitoring_config_file else None,
        )


def read_models(path: Path) -> ModelServerConfig:
    """Reads a list of models; raises `InputError` where the file holds something else or an empty list."""
    config = _parse(path, ModelServerConfig())
    if not config.model_config_list.config:
        raise InputError(f"{path}: expected model_config_list {{ config {{ name: ... base_path: ... }} }}")
    return config


def read_batching(path: Path) -> BatchingSettings:
    """Reads how requests are batched; raises `InputError` where the values make no sense together."""
    found = _parse(path, _FILES["BatchingParameters"]())

    def value(name: str, default: int, least: int) -> int:
        number = getattr(found, name).value if found.HasField(name) else default
        if number < least:
            raise InputError(f"{path}: {name} is {number}; expected at least {least}")
        return number

    if found.pad_variable_length_inputs:
        raise InputError(f"{path}: pad_variable_length_inputs fills pictures up with pixels of class 0; leave it out")
    most = value("max_batch_size", DEFAULT_BATCH, 1)
    together = most
    if found.enable_large_batch_splitting.value:
        together = value("max_execution_batch_size", most, 1)
        if together > most:
            raise InputError(f"{path}: max_execution_batch_size is {together}; expected at most max_batch_size, {most}")
    sizes = tuple(found.allowed_batch_sizes)
    if sizes and (list(sizes) != sorted(set(sizes)) or sizes[0] < 1 or sizes[-1] != most):
        raise InputError(f"{path}: allowed_batch_sizes must rise and end at max_batch_size, {most}; they are {list(sizes)}")
    options = BatchingOptions(
        max_batch_size=together,
        timeout=value("batch_timeout_micros", 0, 0) / 1e6,
        max_enqueued_batches=value("max_enqueued_batches", 64, 1),
        allowed_batch_sizes=sizes,
        max_request_size=most,
    )
    return BatchingSettings(options, value("num_batch_threads", DEFAULT_THREADS, 1))


def read_tls(path: Path) -> grpc.ServerCredentials:
    """Reads key and certificates of an encrypted port; raises `InputError` where they are missing."""
    found = _parse(path, _FILES["SSLConfig"]())
    if not found.server_key or not found.server_cert:
        raise InputError(f"{path}: server_key and server_cert are needed, each the text of a PEM file")
    if found.client_verify and not found.custom_ca:
        raise InputError(f"{path}: client_verify needs custom_ca, the text of the certificate that signed the clients'")
    pair = (found.server_key.encode(), found.server_cert.encode())
    return grpc.ssl_server_credentials([pair], found.custom_ca.encode() or None, found.client_verify)


def read_metrics_path(path: Path) -> str | None:
    """Reads under which path metrics are shown, None where they are not enabled; raises `InputError`."""
    found = _parse(path, _FILES["MonitoringConfig"]()).prometheus_config
    if found.path and not found.path.startswith("/"):
        raise InputError(f"{path}: path is {found.path!r}; expected one that begins with /")
    return (found.path or "/monitoring/prometheus/metrics") if found.enable else None


def _parse(path: Path, message: Any) -> Any:
    try:
        return text_format.Parse(path.read_text(), message)
    except OSError as error:
        raise InputError(f"{path}: cannot be read ({error.strerror})") from None
    except (text_format.ParseError, UnicodeDecodeError) as error:
        raise InputError(f"{path}: {error}; see {DEPLOY} for examples") from None
