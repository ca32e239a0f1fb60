"""Which models are served in which versions: loads, replaces and unloads them while requests run."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Generic, Protocol, TypeVar

from tensorflow_serving.apis.get_model_status_pb2 import ModelVersionStatus
from tensorflow_serving.apis.model_pb2 import ModelSpec
from tensorflow_serving.config.model_server_config_pb2 import ModelConfig, ModelServerConfig

from tfhd_client import Code, ServingError

from .versions import fingerprint, wanted_versions

_log = logging.getLogger(__name__)
_STATES = ModelVersionStatus


class Closable(Protocol):
    """A loaded version of a model."""

    def close(self) -> None:
        """Frees the version's memory."""


Loaded = TypeVar("Loaded", bound=Closable)


@dataclass(eq=False)
class _Version(Generic[Loaded]):
    """The state of a version, from before it is loaded until after it is unloaded."""

    fingerprint: tuple
    state: int = _STATES.START
    loaded: Loaded | None = None
    error: ServingError | None = None
    requests: int = 0


@dataclass(eq=False)
class _Model(Generic[Loaded]):
    """A model and all its versions so far."""

    config: ModelConfig
    versions: dict[int, _Version[Loaded]] = field(default_factory=dict)
    is_readable: bool = True

    def available(self) -> list[int]:
        """Returns the versions that can answer, in ascending order."""
        return sorted(number for number, version in self.versions.items() if version.state == _STATES.AVAILABLE)


class Repository(Generic[Loaded]):
    """The models in memory.

    A version is unloaded once its successor can answer and its own last request has ended. A version that cannot be loaded leaves
    the others as they are.

    Args:
        load: loads a version from its folder; raises `ServingError`.
    """

    def __init__(self, load: Callable[[Path], Loaded]) -> None:
        self._load_folder = load
        self._models: dict[str, _Model[Loaded]] = {}
        self._changed = threading.Condition()
        # Only one thread at a time looks at the files.
        self._updating = threading.RLock()

    def configure(self, config: ModelServerConfig) -> None:
        """Serves these models and no others from now on; returns when they are loaded.

        Raises:
            ServingError: the configuration is wrong, or no version of a new model could be loaded, and nothing has changed; or a
                label names a version that is not available.
        """
        configs = _checked(config)
        with self._updating:
            # Versions of another folder are other versions, even where their numbers are the same.
            kept = {
                name: model
                for name, model in self._models.items()
                if name in configs and model.config.base_path == configs[name].base_path
            }
            added = {name: _Model(config) for name, config in configs.items() if name not in kept}
            self._load(added)
            replaced = [model for name, model in self._models.items() if name not in kept]
            for name, model in kept.items():
                model.config = configs[name]
                self._update_model(model)
            with self._changed:
                self._models = {name: added.get(name) or kept[name] for name in configs}
            for model in replaced:
                self._retire(model)
            _require_available(self._models)

    def update(self) -> None:
        """Loads and unloads versions as the models' folders have changed."""
        with self._updating:
            for model in self._models.values():
                self._update_model(model)

    def is_served(self, name: str) -> bool:
        """Returns whether a model of this name is served."""
        return name in self._models

    @contextmanager
    def borrow(self, spec: ModelSpec) -> Iterator[tuple[int, Loaded]]:
        """Yields number and version that a request asks for; the version is not unloaded before the end of the block.

        Raises:
            ServingError: NOT_FOUND, or INVALID_ARGUMENT for a label that does not exist.
        """
        with self._changed:
            model = self._model(spec)
            number = _requested(model, spec)
            if number is None and (available := model.available()):
                number = available[-1]
            version = model.versions.get(number)
            if version is None or version.state != _STATES.AVAILABLE:
                asked = "version" if number is None else f"version {number}"
                raise ServingError(Code.NOT_FOUND, f"model {spec.name}: no {asked} is served; it has {model.available()}")
            version.requests += 1
        try:
            yield number, version.loaded
        finally:
            with self._changed:
                version.requests -= 1
                self._changed.notify_all()

    def status(self, spec: ModelSpec) -> list[ModelVersionStatus]:
        """Returns the state of the version that is asked for, or of all, the newest first; raises `ServingError`."""
        with self._changed:
            model = self._model(spec)
            number = _requested(model, spec)
            numbers = sorted(model.versions, reverse=True) if number is None else [number]
            if not numbers or not set(numbers) <= set(model.versions):
                raise ServingError(Code.NOT_FOUND, f"model {spec.name}: could not find version {number or 'of any number'}")
            return [_described(each, model.versions[each]) for each in numbers]

    def close(self) -> None:
        """Unloads all, each after its last request."""
        with self._updating:
            for model in self._models.values():
                self._retire(model)

    def _load(self, models: dict[str, _Model[Loaded]]) -> None:
        """Loads new models, all or none."""
        try:
            for model in models.values():
                self._update_model(model)
            _require_available(models)
        except ServingError:
            for model in models.values():
                self._retire(model)
            raise

    def _update_model(self, model: _Model[Loaded]) -> None:
        base = Path(model.config.base_path)
        try:
            wanted = wanted_versions(base, model.config.model_version_policy)
        except OSError as error:  # a folder on a network may be away for a moment
            if model.versions and model.is_readable:
                _log.error("model %s: %s: cannot be read (%s); all stays as it is", model.config.name, base, error.strerror)
            model.is_readable = False
            return
        model.is_readable = True
        for number in wanted:
            path, known = base / str(number), model.versions.get(number)
            if known is None or (known.state == _STATES.END and not (known.error and known.fingerprint == fingerprint(path))):
                self._load_version(model, number, path)
        available = model.available()
        # The last version that answers stays until one of the wanted does.
        if not wanted or set(wanted) & set(available):
            for number in sorted(set(available) - set(wanted)):
                self._unload_version(model, number)

    def _load_version(self, model: _Model[Loaded], number: int, path: Path) -> None:
        name = model.config.name
        version: _Version[Loaded] = _Version(fingerprint(path), _STATES.LOADING)
        with self._changed:
            model.versions[number] = version
        try:
            version.loaded = self._load_folder(path)
        # Damaged files make readers raise nearly anything, and the search for new versions must go on.
        except Exception as error:
            refusal = error if isinstance(error, ServingError) else ServingError(Code.UNKNOWN, f"{path}: {error!r}")
            _log.error("model %s, version %d: %s", name, number, refusal)
            version.error, state = refusal, _STATES.END
        else:
            _log.info("model %s, version %d: loaded", name, number)
            state = _STATES.AVAILABLE
        with self._changed:
            version.state = state

    def _unload_version(self, model: _Model[Loaded], number: int) -> None:
        version = model.versions[number]
        with self._changed:
            version.state = _STATES.UNLOADING
            self._changed.wait_for(lambda: version.requests == 0)
        version.loaded.close()
        version.loaded = None
        _log.info("model %s, version %d: unloaded", model.config.name, number)
        with self._changed:
            version.state = _STATES.END

    def _retire(self, model: _Model[Loaded]) -> None:
        for number in model.available():
            self._unload_version(model, number)

    def _model(self, spec: ModelSpec) -> _Model[Loaded]:
        if not spec.name:
            raise ServingError(Code.INVALID_ARGUMENT, "the request names no model (ModelSpec.name is empty)")
        if spec.name not in self._models:
            raise ServingError(Code.NOT_FOUND, f"model {spec.name} is not served; there are: {', '.join(self._models) or 'none'}")
        return self._models[spec.name]


def _require_available(models: dict[str, _Model[Any]]) -> None:
    for name, model in models.items():
        config, available = model.config, model.available()
        errors = [str(version.error) for version in model.versions.values() if version.error]
        if not available:
            reason = "; ".join(errors) or _emptiness(Path(config.base_path))
            raise ServingError(Code.NOT_FOUND, f"model {name} did not become available: {reason}")
        for label, number in config.version_labels.items():
            if number not in available:
                raise ServingError(
                    Code.FAILED_PRECONDITION,
                    f"model {name}: label {label} names version {number}, which is not available; there are {available}",
                )


def _emptiness(base: Path) -> str:
    """Returns why a folder holds no version, and what to do."""
    if not base.is_dir():
        return f"{base}: no such folder; name one that `tfhd export saved-model` wrote"
    if (base / "saved_model.pb").exists():
        return f"{base}: is a version itself; name the folder that it is in"
    return f"{base}: no numbered version there, or none that the policy takes; write one with `tfhd export saved-model`"


def _requested(model: _Model[Any], spec: ModelSpec) -> int | None:
    """Returns the number of the version that is asked for; None where any will do."""
    choice = spec.WhichOneof("version_choice")
    if choice == "version":
        return spec.version.value
    if choice == "version_label":
        if spec.version_label not in model.config.version_labels:
            known = ", ".join(model.config.version_labels) or "none"
            raise ServingError(
                Code.INVALID_ARGUMENT, f"model {spec.name} has no version label {spec.version_label}; it has: {known}"
            )
        return model.config.version_labels[spec.version_label]
    return None


def _described(number: int, version: _Version[Any]) -> ModelVersionStatus:
    described = ModelVersionStatus(version=number, state=version.state)
    if version.error:
        described.status.error_code, described.status.error_message = version.error.code, str(version.error)
    return described


def _checked(config: ModelServerConfig) -> dict[str, ModelConfig]:
    """Returns the models by name; raises `ServingError` where one cannot be served."""
    if config.WhichOneof("config") == "custom_model_config":
        raise ServingError(Code.INVALID_ARGUMENT, "only model_config_list is supported")
    models: dict[str, ModelConfig] = {}
    for model in config.model_config_list.config:
        if not model.name or model.name in models:
            raise ServingError(Code.INVALID_ARGUMENT, f"model {model.name!r}: each needs a name of its own")
        if not Path(model.base_path).is_absolute():
            raise ServingError(
                Code.INVALID_ARGUMENT, f"model {model.name}: expected an absolute base_path; got {model.base_path!r}"
            )
        if model.model_platform not in ("", "tensorflow"):
            raise ServingError(
                Code.INVALID_ARGUMENT, f"model {model.name}: platform {model.model_platform!r}; expected tensorflow"
            )
        models[model.name] = model
    return models
