"""TensorFlow Serving's configuration files, protocol buffers as text."""

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

# tensorflow-serving-api comes without these. Text holds names only, so the numbers are any.
_FILES = declare_messages(
    "tfhd.serving.config",
    {
        "Integer": {"value": (1, "int64", False)},
        "Text": {"value": (1, "string", False)},
        "BatchingParameters": {
            "max_batch_size": (1, "Integer", False),
            "batch_timeout_micros": (2, "Integer", False),
            "max_enqueued_batches": (3, "Integer", False),
            "num_batch_threads": (4, "Integer", False),
            "allowed_batch_sizes": (6, "int64", True),
            "thread_pool_name": (5, "Text", False),
            "pad_variable_length_inputs": (7, "bool", False),
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
"""One batch is decoded or encoded while another is computed; each takes the memory of a batch."""


@dataclass(frozen=True)
class BatchingFile:
    """What a batching file sets.

    Attributes:
        options: of each queue.
        threads: batches computed at a time.
    """

    options: BatchingOptions
    threads: int


def read_models(path: Path) -> ModelServerConfig:
    """The models to serve; raises `InputError` where the file is not such a list."""
    config = _parse(path, ModelServerConfig())
    if not config.model_config_list.config:
        raise InputError(f"{path}: expected model_config_list {{ config {{ name: ... base_path: ... }} }}")
    return config


def read_batching(path: Path) -> BatchingFile:
    """How requests are joined; raises `InputError` where the values make no sense together."""
    found = _parse(path, _FILES["BatchingParameters"]())

    def value(name: str, default: int, least: int) -> int:
        number = getattr(found, name).value if found.HasField(name) else default
        if number < least:
            raise InputError(f"{path}: {name} is {number}; expected at least {least}")
        return number

    if found.pad_variable_length_inputs:
        raise InputError(f"{path}: pad_variable_length_inputs fills pictures up with pixels of class 0; leave it out")
    sizes = tuple(found.allowed_batch_sizes)
    largest = value("max_batch_size", DEFAULT_BATCH, 1)
    if sizes and (list(sizes) != sorted(set(sizes)) or sizes[0] < 1 or sizes[-1] != largest):
        raise InputError(f"{path}: allowed_batch_sizes must rise and end at max_batch_size, {largest}; they are {list(sizes)}")
    options = BatchingOptions(
        max_batch_size=largest,
        timeout=value("batch_timeout_micros", 0, 0) / 1e6,
        max_enqueued_batches=value("max_enqueued_batches", 64, 1),
        allowed_batch_sizes=sizes,
    )
    return BatchingFile(options, value("num_batch_threads", DEFAULT_THREADS, 1))


def read_tls(path: Path) -> grpc.ServerCredentials:
    """Key and certificates of an encrypted port; raises `InputError` where they are missing."""
    found = _parse(path, _FILES["SSLConfig"]())
    if not found.server_key or not found.server_cert:
        raise InputError(f"{path}: server_key and server_cert are needed, each the text of a PEM file")
    if found.client_verify and not found.custom_ca:
        raise InputError(f"{path}: client_verify needs custom_ca, the text of the certificate that clients' are signed with")
    pair = (found.server_key.encode(), found.server_cert.encode())
    return grpc.ssl_server_credentials([pair], found.custom_ca.encode() or None, found.client_verify)


def read_metrics_path(path: Path) -> str | None:
    """Where the metrics are, or None where they are not enabled; raises `InputError`."""
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
        raise InputError(f"{path}: {error}; see serving/deploy/ for examples") from None
