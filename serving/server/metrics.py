"""Counts and durations of requests for Prometheus, under TensorFlow Serving's names, so that dashboards made for it work."""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from prometheus_client import CollectorRegistry, Histogram, generate_latest
from prometheus_client.core import Metric

from tfhd_client import Code, ServingError

_COUNTED = b":tensorflow:serving:request_count"
_MICROSECONDS = [10 * 1.8**step for step in range(33)]


class Metrics:
    """Counts and times the requests of a server.

    Args:
        is_served: returns whether a model of this name is served.
    """

    def __init__(self, is_served: Callable[[str], bool]) -> None:
        self._is_served = is_served
        self._registry = CollectorRegistry()
        self._registry.register(self)
        self._lock = threading.Lock()
        self._requests: Counter[tuple[str, str]] = Counter()
        labels = ["model_name", "API", "entrypoint"]
        name, what = ":tensorflow:serving:request_latency", "Microseconds of a request."
        self._latency = Histogram(name, what, labels, buckets=_MICROSECONDS, registry=self._registry)

    @contextmanager
    def request(self, model: str, api: str, entrypoint: str) -> Iterator[None]:
        """Counts the block as one request, and times it unless it fails.

        Args:
            model: the model's name as the request gives it.
            api: the method that was called: Predict over gRPC, predict over REST.
            entrypoint: GRPC or REST.
        """
        begin, code = time.perf_counter(), Code.OK
        try:
            yield
        except ServingError as error:
            code = error.code
            raise
        except Exception:
            code = Code.INTERNAL
            raise
        finally:
            # Requests may name anything; only models that are served become labels.
            label = model if self._is_served(model) else "unknown"
            with self._lock:
                self._requests[label, code.name] += 1
            if code == Code.OK:
                self._latency.labels(label, api, entrypoint).observe((time.perf_counter() - begin) * 1e6)

    def collect(self) -> Iterator[Metric]:
        """Yields the counts, as `prometheus_client` asks of a collector; names of its own counters would end in _total."""
        metric = Metric(_COUNTED.decode(), "Requests by status.", "unknown")
        with self._lock:
            for (model, status), count in self._requests.items():
                metric.add_sample(metric.name, {"model_name": model, "status": status}, count)
        yield metric

    def text(self) -> bytes:
        """Returns all metrics in Prometheus' text format."""
        # The library knows no counter without _total at its end.
        return generate_latest(self._registry).replace(_COUNTED + b" untyped", _COUNTED + b" counter")
