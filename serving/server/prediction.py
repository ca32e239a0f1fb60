"""Runs requests on models, whether they came over gRPC or REST."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import tensorflow as tf
from tensorflow.core.protobuf.meta_graph_pb2 import SignatureDef
from tensorflow_serving.apis.get_model_metadata_pb2 import GetModelMetadataResponse, SignatureDefMap
from tensorflow_serving.apis.model_pb2 import ModelSpec

from tfhd.errors import InputError
from tfhd_client import Arrays, Code, ServingError

from ..in_process.session import ModelSession
from .batched_calls import call_pixels
from .batching import BatchingOptions, Scheduler
from .config_files import read_batching
from .memory import RequestLimits, free_unused
from .repository import Repository
from .warm_up import warm_up

BATCHING_FILE = "batching_params.pbtxt"
"""Beside saved_model.pb: how a version is batched."""
_IN_MESSAGE = 7
"""Bytes that a number of an answer may take in its message, beside those in the array."""
_LEAST_ANSWER = 24
"""Bytes for each pixel of an answer whose signature does not tell: three numbers of one byte."""


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
    def load(cls, path: Path, batching: BatchingOptions, *, per_model: bool, is_warmed_up: bool = True) -> ServedVersion:
        """Loads a version.

        Args:
            path: the version's folder.
            batching: the server's own options.
            per_model: batch as the version's own batching_params.pbtxt says, and not at all where it has none.
            is_warmed_up: run its signatures before it is there, see `warm_up`.

        Raises:
            ServingError: the version cannot be loaded, or a warm-up request fails.
        """
        if per_model:
            batching = _own_batching(path / BATCHING_FILE)
        served = cls(ModelSession(path), batching)
        try:
            if is_warmed_up:
                warm_up(served.session, path)
        except BaseException:
            served.close()
            raise
        return served

    def close(self) -> None:
        """Frees the model's memory at once."""
        self.session.close()
        free_unused()


def _own_batching(path: Path) -> BatchingOptions:
    if not path.exists():
        return BatchingOptions()
    try:
        return read_batching(path).options
    except InputError as error:
        raise ServingError(Code.INVALID_ARGUMENT, str(error)) from None


def _bytes_per_pixel(definition: SignatureDef) -> int:
    """Bytes that an answer takes for each pixel of the request."""
    pictures = [info for info in definition.outputs.values() if len(info.tensor_shape.dim) == 4]
    sizes = [max(1, info.tensor_shape.dim[3].size) * (tf.as_dtype(info.dtype).size + _IN_MESSAGE) for info in pictures]
    return max(_LEAST_ANSWER, sum(sizes))


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
        limits: RequestLimits,
        outputs: Sequence[str] = (),
    ) -> Answer:
        """Runs the signature that `spec` names, serving_default where it names none.

        Args:
            spec: model, version and signature.
            inputs: arrays by name, of bytes as dtype object; their memory is reserved.
            limits: of the request; the memory of its answer is reserved here.
            outputs: names of the outputs to return; all if empty.

        Raises:
            ServingError: see `Repository.borrow`, `ModelSession.prepare`, `RequestLimits.add` and `Scheduler.run`.
        """
        with self._repository.borrow(spec) as (version, served):
            call = served.session.prepare(spec.signature_name or "serving_default", inputs, outputs)
            pixels = call_pixels(call)
            self._scheduler.check_pixels(pixels)
            limits.add(_bytes_per_pixel(served.session.definition(call.signature)) * pixels)
            return Answer(version, self._scheduler.run(served.session, call, served.batching, limits.deadline, limits.is_wanted))

    def check_size(self, name: str, shape: Sequence[int]) -> None:
        """Raises `ServingError` where an input of this name and shape is too large, see `Scheduler.check_size`."""
        self._scheduler.check_size(name, shape)

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
