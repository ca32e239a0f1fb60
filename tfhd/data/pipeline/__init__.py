"""From files to batches: order, transforms, tf.data."""
