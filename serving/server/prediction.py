"""Runs requests on models, whether they came over gRPC or REST."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import tensorflow as tf
from google.protobuf.message import DecodeError
from tensorflow.core.protobuf.meta_graph_pb2 import SignatureDef
from tensorflow_serving.apis.get_model_metadata_pb2 import GetModelMetadataResponse, SignatureDefMap
from tensorflow_serving.apis.model_pb2 import ModelSpec
from tensorflow_serving.apis.prediction_log_pb2 import PredictionLog

from tfhd.errors import InputError
from tfhd_client import Arrays, Code, ServingError

from ..in_process.session import ModelSession
from .batching import BatchingOptions, Scheduler
from .config_files import read_batching
from .repository import Repository

BATCHING_FILE = "batching_params.pbtxt"
"""Beside saved_model.pb: how a version is batched."""
_EXTRA = Path("assets.extra")
_MOST_WARM_UPS = 1000  # TensorFlow Serving's own bound


@dataclass(frozen=True, eq=False)
class ServedVersion:
    """A version of a model in memory, ready to answer requests.

    Attributes:
        session: runs its signatures.
        batching: how requests to it are batched.
    """

    session: ModelSession
    batching: BatchingOptions

    @classmethod
    def load(cls, path: Path, batching: BatchingOptions, *, per_model: bool) -> ServedVersion:
        """Loads a version and runs its warm-up requests.

        Args:
            path: the version's folder.
            batching: the server's own options.
            per_model: batch as the version's own batching_params.pbtxt says, and not at all where it has none.

        Raises:
            ServingError: the version cannot be loaded, or a warm-up request fails.
        """
        if per_model:
            batching = _own_batching(path / BATCHING_FILE)
        served = cls(ModelSession(path), batching)
        try:
            served._warm_up(path / _EXTRA / "tf_serving_warmup_requests")
        except BaseException:
            served.close()
            raise
        return served

    def close(self) -> None:
        """Frees the model's memory."""
        self.session.close()

    def _warm_up(self, path: Path) -> None:
        if not path.exists():
            return
        records = tf.data.TFRecordDataset(str(path)).take(_MOST_WARM_UPS)
        try:
            requests = [PredictionLog.FromString(record.numpy()).predict_log.request for record in records]
        except (tf.errors.OpError, DecodeError) as error:
            raise ServingError(Code.DATA_LOSS, f"{path}: cannot be read ({error})") from None
        for request in requests:
            inputs = {name: tf.make_ndarray(value) for name, value in request.inputs.items()}
            self.session.run(self.session.prepare(request.model_spec.signature_name, inputs, request.output_filter))


def _own_batching(path: Path) -> BatchingOptions:
    if not path.exists():
        return BatchingOptions()
    try:
        return read_batching(path).options
    except InputError as error:
        raise ServingError(Code.INVALID_ARGUMENT, str(error)) from None


class Answer(NamedTuple):
    """The answer to a request.

    Attributes:
        version: number of the version that answered.
        outputs: arrays by name.
    """

    version: int
    outputs: Arrays


class Predictor:
    """Runs predictions for requests.

    Args:
        repository: the models in memory.
        scheduler: batches requests and runs them.
    """

    def __init__(self, repository: Repository[ServedVersion], scheduler: Scheduler) -> None:
        self._repository, self._scheduler = repository, scheduler

    def predict(
        self,
        spec: ModelSpec,
        inputs: Arrays,
        outputs: Sequence[str] = (),
        deadline: float = math.inf,
        is_wanted: Callable[[], bool] = lambda: True,
    ) -> Answer:
        """Runs the signature that `spec` names, serving_default where it names none.

        Args:
            spec: model, version and signature.
            inputs: arrays by name, of bytes as dtype object.
            outputs: names of the outputs to return; all if empty.
            deadline: when the client stops waiting, in seconds of `time.monotonic`.
            is_wanted: returns whether the client still waits.

        Raises:
            ServingError: see `Repository.borrow`, `ModelSession.prepare` and `Scheduler.run`.
        """
        with self._repository.borrow(spec) as (version, served):
            call = served.session.prepare(spec.signature_name or "serving_default", inputs, outputs)
            return Answer(version, self._scheduler.run(served.session, call, served.batching, deadline, is_wanted))

    def metadata(self, spec: ModelSpec) -> GetModelMetadataResponse:
        """Returns the signatures of a model; raises `ServingError` as `Repository.borrow` does."""
        with self._repository.borrow(spec) as (version, served):
            signatures = SignatureDefMap(signature_def=served.session.signatures)
        response = GetModelMetadataResponse()
        response.model_spec.name, response.model_spec.version.value = spec.name, version
        response.metadata["signature_def"].Pack(signatures)
        return response

    def signature(self, spec: ModelSpec) -> SignatureDef:
        """Returns the definition of the signature that `spec` names; raises `ServingError`."""
        with self._repository.borrow(spec) as (_, served):
            return served.session.definition(spec.signature_name or "serving_default")
