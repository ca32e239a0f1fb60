import numpy as np
import tensorflow as tf

from tfhd.styles.instances import find_instances, instance_vectors


def test_classes_follow_the_majority_of_pixels_not_the_id() -> None:
    label = np.array([[[2, 2, 0, 1, 1]]], np.int32)
    instances = find_instances(tf.constant(label), tf.constant([[[1000, 1000, 1000, 0, 65535]]]), 3)
    found = dict(zip(instances.instance_id.numpy().tolist(), instances.class_index.numpy().tolist(), strict=True))
    assert found == {1000: 2, 0: 1, 65535: 1}


def test_samples_have_instances_of_their_own_with_their_pixels_and_vectors() -> None:
    instance = tf.constant([[[5, 5, 9]], [[5, 9, 9]]])
    instances = find_instances(tf.zeros_like(instance), instance, 1)
    pairs = list(zip(instances.sample.numpy().tolist(), instances.instance_id.numpy().tolist(), strict=True))
    assert dict(zip(pairs, instances.pixels.numpy().tolist(), strict=True)) == {(0, 5): 2, (0, 9): 1, (1, 5): 1, (1, 9): 2}
    features = tf.constant([[[[0.1], [0.1], [-2.0]]], [[[0.3], [0.4], [0.4]]]])
    vectors = instance_vectors(features, instances).numpy()[:, 0]
    expected = {(0, 5): 0.1, (0, 9): -2.0, (1, 5): 0.3, (1, 9): 0.4}
    assert dict(zip(pairs, vectors.tolist(), strict=True)) == {pair: np.float32(value) for pair, value in expected.items()}
