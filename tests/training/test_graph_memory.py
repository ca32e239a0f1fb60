from __future__ import annotations

import tensorflow as tf

from tfhd.training.graph_memory import arithmetic, operations_run, peak_memory

SIZE = 4 * 1000  # bytes of one tensor


def traced(function, *shapes: tuple[int, ...]) -> tf.Graph:
    return tf.function(function).get_concrete_function(*(tf.TensorSpec(shape) for shape in shapes)).graph


def total(function, *shapes: tuple[int, ...]) -> int:
    graph = traced(function, *(shapes or [(1000,)]))
    return peak_memory(graph, graph.outputs).total


def test_elementwise_operations_share_one_buffer() -> None:
    assert total(lambda x: tf.nn.relu(tf.tanh(tf.square(x)))) == SIZE


def test_a_tensor_that_is_read_later_is_kept() -> None:
    def function(x):
        first = tf.square(x)
        return tf.tanh(first) * first  # tanh cannot overwrite what the product reads

    assert total(function) == 2 * SIZE


def test_a_tensor_dies_after_its_last_reader() -> None:
    def function(x):
        for _ in range(5):
            x = tf.reverse(x, [0])  # never in place: one tensor is read while the other is written
        return x

    assert total(function) == 2 * SIZE


def test_reshaped_tensors_take_no_memory() -> None:
    assert total(lambda x: tf.reshape(tf.identity(tf.square(x)), (10, 100))) == SIZE


def test_what_nobody_asked_for_is_not_run() -> None:
    def function(x):
        tf.concat([x, x], axis=0)
        return tf.square(x)

    graph = traced(function, (1000,))
    assert "ConcatV2" in {op.type for op in graph.get_operations()}
    assert "ConcatV2" not in {op.type for op in operations_run(graph, graph.outputs)}
    assert peak_memory(graph, graph.outputs).total == SIZE


def test_variables_take_no_memory_of_the_step_and_their_updates_are_run() -> None:
    weight = tf.Variable(tf.zeros(1000))

    def function(x):
        weight.assign_add(tf.concat([x[:500], x[500:]], axis=0))
        return x[0]

    graph = traced(function, (1000,))
    assert "AssignAddVariableOp" in {op.type for op in operations_run(graph, graph.outputs)}
    assert SIZE <= peak_memory(graph, graph.outputs).total <= 2 * SIZE + 8


def test_the_peak_inside_a_called_function_counts() -> None:
    @tf.function
    def inner(x):
        wide = tf.concat([x] * 8, axis=0)
        return tf.reduce_sum(wide)

    assert total(lambda x: inner(x) + 1.0) >= 8 * SIZE


def test_the_marked_part_of_the_peak_is_told() -> None:
    def function(x):
        kept = tf.concat([x, x], axis=0)
        wide = tf.concat([kept, kept], axis=0)
        return kept, tf.reduce_sum(wide)

    graph = traced(function, (1000,))
    held = peak_memory(graph, graph.outputs, marked=[graph.get_operations()[2].outputs[0]])
    assert (held.total - held.total % 1000, held.marked) == (6 * SIZE, 2 * SIZE)


def test_updates_come_before_what_was_created_later_and_is_large() -> None:
    weight = tf.Variable(tf.zeros(1000))

    def function(x):
        gradients = tf.identity_n([tf.concat([x[:500], x[500:]], axis=0), tf.reverse(x, [0])])
        weight.assign_sub(gradients[0])
        return tf.reduce_sum(gradients[1])

    graph = traced(function, (1000,))
    order = [op.type for op in operations_run(graph, graph.outputs)]
    assert order.index("AssignSubVariableOp") < order.index("ReverseV2")


def test_a_convolution_forward_and_backward_is_three_times_forward() -> None:
    def step(x, kernel):
        with tf.GradientTape() as tape:
            tape.watch([x, kernel])
            y = tf.nn.conv2d(x, kernel, 1, "VALID")
            loss = tf.reduce_sum(tf.square(y))
        return tape.gradient(loss, [x, kernel])

    graph = traced(step, (2, 10, 12, 3), (3, 3, 3, 5))
    forward = 2 * (2 * 8 * 10 * 5) * (3 * 3 * 3)
    assert arithmetic(operations_run(graph, graph.outputs)) == 3 * forward


def test_a_matrix_product_is_two_operations_a_term() -> None:
    graph = traced(lambda a, b: tf.matmul(a, b, transpose_a=True), (7, 4), (7, 5))
    assert arithmetic(operations_run(graph, graph.outputs)) == 2 * 4 * 5 * 7
