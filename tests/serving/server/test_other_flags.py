from __future__ import annotations

from pathlib import Path

import pytest

from tfhd.errors import InputError
from tfhd.serving.server.flags import Flags
from tfhd.serving.server.other_flags import require_local_flags, translated
from tfhd.serving.server.tensorflow_serving import binary_command, image_command


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (["--enable_batching=true", "--model_base_path=/m"], ["--enable-batching", "/m"]),
        (["--model_base_path=/a", "--port=1", "--model-base-path", "/b"], ["--port=1", "/b"]),
        (["--enable_batching=false", "/m"], ["--no-enable-batching", "/m"]),
        (
            ["--ssl_config_file=", "--model_base_path=", "--model_config_file=x"],
            ["--model_config_file=x"],
        ),
        (["--model_name="], ["--model_name="]),
        (["--enable_profiler", "--version=false"], ["--other", "enable_profiler=true", "--other", "version=false"]),
    ],
)
def test_command_lines_of_tensorflow_serving_become_ours(given: list[str], expected: list[str]) -> None:
    assert translated(given) == expected


def flags(*other: str) -> Flags:
    return Flags(model_base_path="/m", other=other)


@pytest.mark.parametrize("other", ["saved_model_tags=serve", "use_alts_credentials=false", "mixed_precision=", "version=false"])
def test_refused_flags_are_taken_with_the_value_that_changes_nothing(other: str) -> None:
    require_local_flags(flags(other))


@pytest.mark.parametrize("other", ["saved_model_tags=gpu", "use_alts_credentials=true", "mixed_precision=bfloat16"])
def test_flags_that_would_mean_something_else_are_refused_by_name(other: str) -> None:
    with pytest.raises(InputError, match=f"--{other.partition('=')[0]}: the local server does not have this flag"):
        require_local_flags(flags("enable_profiler=true", other))


def test_a_bucket_is_named_to_tensorflow_serving_as_it_is_and_not_mounted() -> None:
    bucket = Flags(model_base_path="gs://bucket/models")
    assert "--model_base_path=gs://bucket/models" in binary_command("server", bucket)
    command = image_command("image", bucket, [])
    assert "--model_base_path=gs://bucket/models" in command
    assert not [argument for argument in command if argument.startswith("--mount")]


def test_a_list_of_models_counts_instead_of_one(tmp_path: Path) -> None:
    both = Flags(model_base_path=str(tmp_path), model_name="x", model_config_file=tmp_path / "models.config")
    command = binary_command("server", both)
    assert f"--model_config_file={tmp_path / 'models.config'}" in command
    assert not [argument for argument in command if argument.startswith(("--model_base_path", "--model_name"))]


def test_batching_by_model_without_batching_does_nothing() -> None:
    assert Flags(model_base_path="/m", enable_per_model_batching_parameters=True).enable_batching is False
