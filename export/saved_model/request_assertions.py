"""Assertions in the graph on sizes, and on seeds and style lists that a client sends beside its maps."""

from __future__ import annotations

from dataclasses import dataclass

import tensorflow as tf

from tfhd.config import Config
from tfhd.graph.assertions import require


@dataclass(frozen=True)
class SizeRule:
    """Which heights and widths a model takes.

    Attributes:
        multiple: of which both are multiples.
        smallest: the least of both.
        only: the only height and width of what is painted; None for all that fit.
    """

    multiple: int
    smallest: int
    only: tuple[int, int] | None

    @classmethod
    def of(cls, config: Config, only: tuple[int, int] | None) -> SizeRule:
        """The rule for a run's networks."""
        return cls(config.size_multiple, config.smallest_size, only)

    def checks(
        self, name: str, image: tf.Tensor, instance_name: str, instance: tf.Tensor, painted: bool = True
    ) -> list[tf.Operation | None]:
        """Assertions on the size of an input, and on that of its instance map.

        Args:
            name: of the input, for messages.
            image: `(batch, height, width, ...)`.
            instance_name: of the instance map.
            instance: `(batch, height, width, ...)`.
            painted: whether what is painted is of this size, and not that of a photo which gives styles.
        """
        size, other = tf.shape(image)[:3], tf.shape(instance)[:3]
        if self.only and painted:
            fits = tf.reduce_all(size[1:] == self.only)
            wanted = " pixels high and wide; this model was exported for {}x{} alone".format(*self.only)
        else:
            fits = tf.reduce_all((size[1:] % self.multiple == 0) & (size[1:] >= self.smallest))
            wanted = f" pixels high and wide; both must be multiples of {self.multiple} from {self.smallest} on"
        return [
            require(size[0] > 0, lambda: tf.constant(f"{name} is an empty batch; send at least one map")),
            require(
                tf.reduce_all(size == other),
                lambda: tf.strings.join(
                    [
                        f"{name} is ",
                        size_text(size),
                        f" but {instance_name} is ",
                        size_text(other),
                        " (batch x height x width); make them equal",
                    ]
                ),
            ),
            require(fits, lambda: tf.strings.join([f"{name} is ", size_text(size[1:]), wanted])),
        ]


def broadcast_to_batch(batch: tf.Tensor, **inputs: tf.Tensor) -> list[tf.Tensor]:
    """Gives inputs a row for each sample of the batch; an input with one row is repeated.

    Args:
        batch: number of samples, int32 scalar.
        inputs: by name, each with one row or `batch`.

    Raises:
        tf.errors.InvalidArgumentError: an input has another number of rows.
    """
    checks = [_require_rows(name, tf.shape(values)[0], batch) for name, values in inputs.items()]
    with tf.control_dependencies(checks):
        return [tf.broadcast_to(values, tf.concat([[batch], tf.shape(values)[1:]], axis=0)) for values in inputs.values()]


def require_style_lists(style_instance: tf.Tensor, **given: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
    """Returns a list of instances and the styles given for them unchanged, after checking that they fit each other.

    Args:
        style_instance: int32 `(rows, N)`, instance ids, -1 for unused entries.
        given: one input by name, style numbers `(rows, N)` or style vectors `(rows, N, C)`.

    Raises:
        tf.errors.InvalidArgumentError: lists differ in length or are empty, or hold negative ids or numbers that are not finite.
    """
    ((name, values),) = given.items()
    size, other = tf.shape(style_instance), tf.shape(values)[:2]
    negative = style_instance < -1
    checks = [
        require(
            tf.reduce_all(size == other),
            lambda: tf.strings.join(
                [
                    "style_instance is ",
                    size_text(size),
                    f" but {name} is ",
                    size_text(other),
                    " (samples x instances); make them equal",
                ]
            ),
        ),
        require(
            size[1] > 0,
            lambda: tf.constant("style_instance lists no entries; send at least one for each sample, -1 where it is unused"),
        ),
        require(
            ~tf.reduce_any(negative),
            lambda: tf.strings.join(
                [
                    "style_instance holds ",
                    tf.as_string(tf.boolean_mask(style_instance, negative)[0]),
                    "; send ids of the instance map, or -1 for an unused entry",
                ]
            ),
        ),
    ]
    if values.dtype.is_floating:
        finite = tf.reduce_all(tf.math.is_finite(values))
        checks.append(require(finite, lambda: tf.constant(f"{name} holds NaN or infinite numbers; send finite ones")))
    with tf.control_dependencies(checks):
        return tf.identity(style_instance), tf.identity(values)


def size_text(sizes: tf.Tensor) -> tf.Tensor:
    """Sizes in words, a string scalar such as `2x32x48`."""
    return tf.strings.reduce_join(tf.as_string(sizes), separator="x")


def _require_rows(name: str, rows: tf.Tensor, batch: tf.Tensor) -> tf.Operation | None:
    return require(
        (rows == 1) | (rows == batch),
        lambda: tf.strings.join(
            [
                f"{name} has ",
                tf.as_string(rows),
                " rows for a batch of ",
                tf.as_string(batch),
                "; send one for each sample, or one for all",
            ]
        ),
    )
