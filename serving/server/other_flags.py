"""Command lines as they are written for tensorflow_model_server, in compose and Kubernetes files for instance."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from itertools import islice

from tfhd.errors import InputError

from .flags import Flags

WITHOUT_EFFECT = (
    "enable_grpc_healthcheck_service",
    "enable_profiler",
    "enable_signature_method_name_check",
    "flush_filesystem_caches",
    "grpc_max_threads",
    "load_retry_interval_micros",
    "max_num_load_retries",
    "num_load_threads",
    "num_tflite_interpreters_per_pool",
    "num_tflite_pools",
    "num_unload_threads",
    "remove_unused_fields_from_bundle_metagraph",
    "rest_api_num_threads",
    "skip_initialize_tpu",
    "tensorflow_inter_op_parallelism",
    "tensorflow_intra_op_parallelism",
    "tensorflow_session_parallelism",
    "xla_cpu_compilation_enabled",
    "xla_gpu_compilation_enabled",
)
"""Flags of tensorflow_model_server that the local server takes and leaves aside: they change no answer of a tfhd model. Its
health service is always on, and a version that failed to load is tried again when its files change."""

REFUSED = {
    "grpc_channel_arguments": ("",),
    "mixed_precision": ("",),
    "num_request_iterations_for_warmup": ("0", "1"),
    "per_process_gpu_memory_fraction": ("0", "0.0"),
    "platform_config_file": ("",),
    "prefer_tflite_model": ("false",),
    "rest_api_enable_cors_support": ("false",),
    "saved_model_tags": ("", "serve"),
    "tensorflow_session_config_file": ("",),
    "thread_pool_factory_config_file": ("",),
    "use_alts_credentials": ("false",),
    "version": ("false",),
}
"""Flags of tensorflow_model_server that the local server refuses, because something would be other than they say, and the values
that change nothing, with which they are taken."""

_BOOLEANS = {field.name for field in dataclasses.fields(Flags) if isinstance(field.default, bool)}
_PATHS = {"model_base_path", *(field.name for field in dataclasses.fields(Flags) if "Path" in field.type)}


def translated(arguments: Sequence[str]) -> list[str]:
    """Returns arguments as the command line of `tfhd serve` is defined, which reads dashes and underscores alike.

    `--enable_batching=true` becomes `--enable-batching`, `--model_base_path=PATH` the argument MODEL_BASE, and a flag that only
    tensorflow_model_server has `--other NAME=VALUE`. Files and folders that are the empty text are left out.

    Raises:
        InputError: a flag of the kind true or false has another value.
    """
    found: list[str] = []
    base: list[str] = []
    left = iter(arguments)
    for argument in left:
        flag, has_value, value = argument.partition("=")
        name = flag.removeprefix("--").replace("-", "_") if flag.startswith("--") else ""
        if name in (*WITHOUT_EFFECT, *REFUSED):
            found += ["--other", f"{name}={value if has_value else 'true'}"]
        elif name in _PATHS and has_value and not value:
            continue  # as if the flag were not there
        elif name == "model_base_path":
            base = [value] if has_value else list(islice(left, 1))  # of several the last counts
        elif name in _BOOLEANS and has_value:
            if value not in ("true", "false"):
                raise InputError(f"{argument}: expected {flag}=true or {flag}=false")
            found.append(f"--{'' if value == 'true' else 'no-'}{name.replace('_', '-')}")
        else:
            found.append(argument)
    return found + base


def require_local_flags(flags: Flags) -> None:
    """Raises `InputError` where a flag of tensorflow_model_server is given that the local server refuses."""
    for name, _, value in (other.partition("=") for other in flags.other):
        if name in REFUSED and value not in REFUSED[name]:
            raise InputError(
                f"--{name}: the local server does not have this flag of tensorflow_model_server; leave it out, "
                "or start that with --image"
            )
