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

from ..in_process.client_names import all_shown, shown
from .model_configs import checked_models, require_loaded_labels
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
        labels_for_unavailable: take new labels for versions that are not loaded.
    """

    def __init__(self, load: Callable[[Path], Loaded], *, labels_for_unavailable: bool = False) -> None:
        self._load_folder, self._labels_for_unavailable = load, labels_for_unavailable
        self._models: dict[str, _Model[Loaded]] = {}
        self._changed = threading.Condition()
        # Only one thread at a time looks at the files.
        self._updating = threading.RLock()

    def configure(self, config: ModelServerConfig, pause: Callable[[], bool] | None = None) -> None:
        """Serves these models and no others from now on; returns when the new ones are loaded.

        Args:
            config: the models.
            pause: called while a new model's folder holds no version or one that is still being written; returns whether to look
                again, or else the model is left without a version. None refuses such a model.

        Raises:
            ServingError: the configuration is wrong, a label names a version that is not loaded, or no version of a new model
                could be loaded; nothing has changed.
        """
        configs = checked_models(config)
        with self._updating:
            # Versions of another folder are other versions, even where their numbers are the same.
            kept = {
                name: model
                for name, model in self._models.items()
                if name in configs and model.config.base_path == configs[name].base_path
            }
            self._check_labels(configs, kept)
            added = {name: _Model(config) for name, config in configs.items() if name not in kept}
            self._load(added, pause)
            replaced = [model for name, model in self._models.items() if name not in kept]
            for name, model in kept.items():
                model.config = configs[name]
                self._update_model(model)
            with self._changed:
                self._models = {name: added.get(name) or kept[name] for name in configs}
            for model in replaced:
                self._retire(model)

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
            ServingError: NOT_FOUND, or INVALID_ARGUMENT for an empty name or a label that does not exist.
        """
        with self._changed:
            model, number = self._requested(spec)
            if number is None and (available := model.available()):
                number = available[-1]
            version = model.versions.get(number)
            if version is None or version.state != _STATES.AVAILABLE:
                asked = "version" if number is None else f"version {number}"
                message = f"model {shown(spec.name)}: no {asked} is served; it has {model.available()}"
                raise ServingError(Code.NOT_FOUND, message)
            version.requests += 1
        try:
            yield number, version.loaded
        finally:
            with self._changed:
                version.requests -= 1
                self._changed.notify_all()

    def status(self, spec: ModelSpec) -> list[ModelVersionStatus]:
        """Returns the state of the version that is asked for by number, or of all, the newest first.

        Labels are ignored, as in TensorFlow Serving.

        Raises:
            ServingError: NOT_FOUND.
        """
        with self._changed:
            model = self._models.get(spec.name)
            known = model.versions if model else {}
            numbers = [spec.version.value] if spec.HasField("version") else sorted(known, reverse=True)
            if not numbers or not set(numbers) <= set(known):
                asked = f"version {spec.version.value}" if spec.HasField("version") else "any version"
                raise ServingError(Code.NOT_FOUND, f"could not find {asked} of model {shown(spec.name)}")
            return [_described(each, known[each]) for each in numbers]

    def close(self) -> None:
        """Unloads all, each after its last request."""
        with self._updating:
            for model in self._models.values():
                self._retire(model)

    def _check_labels(self, configs: dict[str, ModelConfig], kept: dict[str, _Model[Loaded]]) -> None:
        for name, config in configs.items():
            loaded = kept[name].available() if name in kept else []
            labels = self._models[name].config.version_labels if name in self._models else {}
            require_loaded_labels(config, loaded, labels, allow_others=self._labels_for_unavailable)

    def _load(self, models: dict[str, _Model[Loaded]], pause: Callable[[], bool] | None) -> None:
        """Loads new models, all or none."""
        try:
            waiting = [model for model in models.values() if self._may_come(model)]
            for model in waiting if pause else ():
                _log.info("model %s: %s; waiting for it", model.config.name, _problem(model))
            while waiting and pause:
                if not pause():
                    return
                waiting = [model for model in waiting if self._may_come(model)]
            for model in models.values():
                if not model.available():
                    message = f"model {shown(model.config.name)} did not become available: {_problem(model)}"
                    raise ServingError(Code.NOT_FOUND, message)
        except ServingError:
            for model in models.values():
                self._retire(model)
            raise

    def _may_come(self, model: _Model[Loaded]) -> bool:
        """Looks at a new model's folder; returns whether it holds no version yet, or one whose files still change."""
        has_tried = self._update_model(model)
        is_version = (Path(model.config.base_path) / "saved_model.pb").exists()
        return not model.available() and not is_version and (has_tried or not model.versions)

    def _update_model(self, model: _Model[Loaded]) -> bool:
        """Loads and unloads versions of a model; returns whether it tried to load one."""
        base = Path(model.config.base_path)
        try:
            wanted = wanted_versions(base, model.config.model_version_policy)
        except OSError as error:  # a folder on a network may be away for a moment
            if model.versions and model.is_readable:
                _log.error("model %s: %s: cannot be read (%s); all stays as it is", model.config.name, base, error.strerror)
            model.is_readable = False
            return False
        model.is_readable = True
        has_tried = False
        for number, path in wanted.items():
            known = model.versions.get(number)
            if known is None or (known.state == _STATES.END and not (known.error and known.fingerprint == fingerprint(path))):
                self._load_version(model, number, path)
                has_tried = True
        available = model.available()
        # The last version that answers stays until one of the wanted does.
        if not wanted or set(wanted) & set(available):
            for number in sorted(set(available) - set(wanted)):
                self._unload_version(model, number)
        return has_tried

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

    def _requested(self, spec: ModelSpec) -> tuple[_Model[Loaded], int | None]:
        """Returns the model that is asked for and the number of the version, None where any will do; raises `ServingError`."""
        if not spec.name:
            raise ServingError(Code.INVALID_ARGUMENT, "the request names no model (ModelSpec.name is empty)")
        model = self._models.get(spec.name)
        labels = model.config.version_labels if model else {}
        if spec.HasField("version_label") and spec.version_label not in labels:
            message = f"model {shown(spec.name)} has no version label {shown(spec.version_label)}; it has: {all_shown([*labels])}"
            raise ServingError(Code.INVALID_ARGUMENT, message)
        if model is None:
            message = f"model {shown(spec.name)} is not served; there are: {all_shown([*self._models])}"
            raise ServingError(Code.NOT_FOUND, message)
        if spec.HasField("version_label"):
            return model, labels[spec.version_label]
        return model, spec.version.value if spec.HasField("version") else None


def _problem(model: _Model[Any]) -> str:
    """Returns why a model has no version that can answer, and what to do."""
    if errors := [str(version.error) for version in model.versions.values() if version.error]:
        return "; ".join(errors)
    return _emptiness(Path(model.config.base_path))


def _emptiness(base: Path) -> str:
    """Returns why a folder holds no version, and what to do."""
    if not base.is_dir():
        return f"{base}: no such folder; name one that `tfhd export saved-model` wrote"
    if (base / "saved_model.pb").exists():
        return f"{base}: is a version itself; name the folder that it is in"
    return f"{base}: no numbered version there, or none that the policy takes; write one with `tfhd export saved-model`"


def _described(number: int, version: _Version[Any]) -> ModelVersionStatus:
    described = ModelVersionStatus(version=number, state=version.state, status={})
    if version.error:
        described.status.error_code, described.status.error_message = version.error.code, str(version.error)
    return described
