"""Checks configurations of models before anything is loaded, as TensorFlow Serving does."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from pathlib import Path

from tensorflow_serving.config.model_server_config_pb2 import TENSORFLOW, ModelConfig, ModelServerConfig

from tfhd_client import Code, ServingError

from ..in_process.client_names import shown

LABELS_FLAG = "--allow-version-labels-for-unavailable-models"


def checked_models(config: ModelServerConfig) -> dict[str, ModelConfig]:
    """Returns the models by name; raises `ServingError` where one cannot be served."""
    if config.WhichOneof("config") != "model_config_list":
        raise ServingError(Code.INVALID_ARGUMENT, "the configuration has no model_config_list; nothing else is supported")
    models: dict[str, ModelConfig] = {}
    for model in config.model_config_list.config:
        if not model.name or model.name in models:
            raise ServingError(Code.INVALID_ARGUMENT, f"model {shown(model.name)}: each needs a name of its own")
        if not Path(model.base_path).is_absolute():
            raise _refusal(model, f"expected an absolute path on this machine; base_path is {shown(model.base_path)}")
        # `model_type` is the deprecated way to write the same.
        if (model.model_platform, model.model_type) not in (("tensorflow", 0), ("", TENSORFLOW)):
            raise _refusal(model, f'model_platform is {shown(model.model_platform)}; write model_platform: "tensorflow"')
        models[model.name] = model
    return models


def require_loaded_labels(config: ModelConfig, loaded: Collection[int], labels: Mapping[str, int], *, allow_others: bool) -> None:
    """Raises `ServingError` unless all labels of a configuration name versions that are loaded.

    Call this before anything is loaded, as TensorFlow Serving does: a new version is loaded by one configuration and gets its
    label by the next, so that no label ever names a version that cannot answer.

    Args:
        config: the model's new configuration.
        loaded: versions that can answer now.
        labels: the model's labels until now.
        allow_others: take new labels for other versions too; a label that exists still moves to loaded versions alone.
    """
    for label, number in config.version_labels.items():
        if number in loaded or (allow_others and labels.get(label, number) == number):
            continue
        remedy = "load it first, and then give it the label"
        if not allow_others:
            remedy += f", or start the server with {LABELS_FLAG}"
        raise ServingError(
            Code.FAILED_PRECONDITION,
            f"model {shown(config.name)}: label {shown(label)} names version {number}, which is not loaded; {remedy}",
        )


def _refusal(model: ModelConfig, problem: str) -> ServingError:
    return ServingError(Code.INVALID_ARGUMENT, f"model {shown(model.name)}: {problem}")
