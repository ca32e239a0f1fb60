"""`python -m benchmarks`: seconds and memory of training, inference, pooling and the input pipeline, beside the original's."""
