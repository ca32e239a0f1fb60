from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tfhd.errors import InputError
from tfhd.serving.server.config_files import DEPLOY, read_batching, read_metrics_path, read_models, read_tls


def written(folder: Path, text: str) -> Path:
    path = folder / "file.config"
    path.write_text(text, encoding="utf-8")
    return path


def test_batching_without_values_is_what_the_server_does_by_itself(tmp_path: Path) -> None:
    found = read_batching(written(tmp_path, ""))
    assert (found.options.max_batch_size, found.options.timeout, found.threads) == (8, 0.0, 2)


def test_batching_takes_the_files_values_in_seconds(tmp_path: Path) -> None:
    text = "thread_pool_name { value: 'x' } max_batch_size { value: 4 } batch_timeout_micros { value: 5000 } "
    text += "allowed_batch_sizes: 2 allowed_batch_sizes: 4"
    options = read_batching(written(tmp_path, text)).options
    assert (options.max_batch_size, options.timeout, options.allowed_batch_sizes) == (4, 0.005, (2, 4))


def test_batches_may_be_smaller_than_requests(tmp_path: Path) -> None:
    text = "max_batch_size { value: 8 } max_execution_batch_size { value: 2 } "
    options = read_batching(written(tmp_path, text + "enable_large_batch_splitting { value: true }")).options
    assert (options.max_batch_size, options.max_request_size) == (2, 8)
    options = read_batching(written(tmp_path, text)).options
    assert (options.max_batch_size, options.max_request_size) == (8, 8)


def test_metrics_are_shown_where_they_are_enabled(tmp_path: Path) -> None:
    assert read_metrics_path(written(tmp_path, "prometheus_config { enable: false path: '/x' }")) is None
    assert read_metrics_path(written(tmp_path, "prometheus_config { enable: true path: '/x' }")) == "/x"
    assert read_metrics_path(written(tmp_path, "prometheus_config { enable: true }")) == "/monitoring/prometheus/metrics"


@pytest.mark.parametrize(
    ("read", "text", "message"),
    [
        (read_models, "", "expected model_config_list"),
        (read_models, "model_config_list {}", "expected model_config_list"),
        (read_batching, "pad_variable_length_inputs: true", "pixels of class 0; leave it out"),
        (read_metrics_path, "prometheus_config { enable: true path: 'x' }", "expected one that begins with /"),
        (read_models, "model_config_list { config { nam: 'a' } }", rf'no field named "nam".*see {DEPLOY} for examples'),
        (read_batching, "max_batch_size { value: 0 }", "max_batch_size is 0; expected at least 1"),
        (read_batching, "batch_timeout_micros { value: -1 }", "batch_timeout_micros is -1; expected at least 0"),
        (read_batching, "allowed_batch_sizes: 4", r"must rise and end at max_batch_size, 8; they are \[4\]"),
        (read_batching, "allowed_batch_sizes: 8 allowed_batch_sizes: 8", "must rise"),
        (
            read_batching,
            "enable_large_batch_splitting { value: true } max_execution_batch_size { value: 9 }",
            "max_execution_batch_size is 9; expected at most max_batch_size, 8",
        ),
        (
            read_batching,
            "enable_large_batch_splitting { value: true } max_execution_batch_size { value: 2 } allowed_batch_sizes: 2",
            r"must rise and end at max_batch_size, 8; they are \[2\]",
        ),
        (read_batching, "max_batch_size: 8", f"see {DEPLOY}"),
        (read_tls, "server_key: 'x'", "server_key and server_cert are needed"),
        (read_tls, "server_key: 'x' server_cert: 'y' client_verify: true", "client_verify needs custom_ca"),
        (read_metrics_path, "prometheus {}", f"see {DEPLOY}"),
    ],
)
def test_files_that_make_no_sense_are_named_with_what_is_wrong(tmp_path: Path, read: Callable, text: str, message: str) -> None:
    path = written(tmp_path, text)
    with pytest.raises(InputError, match=message) as error:
        read(path)
    assert str(error.value).startswith(f"{path}: ")
    assert "\n" not in str(error.value)


def test_sizes_of_batches_end_at_the_largest_request_where_that_is_split_too(tmp_path: Path) -> None:
    sizes = " ".join(f"allowed_batch_sizes: {size}" for size in (1, 2, 4, 8))
    splitting = "enable_large_batch_splitting { value: true } max_execution_batch_size { value: 4 }"
    options = read_batching(written(tmp_path, f"{splitting} {sizes}")).options
    assert (options.max_batch_size, options.max_request_size, options.allowed_batch_sizes) == (4, 8, (1, 2, 4, 8))


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"absent: cannot be read \(No such file"):
        read_models(tmp_path / "absent")
