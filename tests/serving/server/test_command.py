from __future__ import annotations

import os
import socket
import subprocess
from pathlib import Path

import pytest

from tests import forked


def serve(*arguments: object, path: Path | None = None) -> subprocess.CompletedProcess:
    """Runs `tfhd serve ARGUMENTS`, with the programs of `path` at hand."""
    env = os.environ | ({"PATH": f"{path}{os.pathsep}{os.environ['PATH']}"} if path else {})
    return forked.run("serving", "serve", *arguments, env=env)


@pytest.fixture
def programs(tmp_path: Path) -> Path:
    """A folder of programs that print what they were asked: tensorflow_model_server and docker."""
    folder = tmp_path / "bin"
    folder.mkdir()
    for name in ("tensorflow_model_server", "docker"):
        (folder / name).write_text('#!/bin/sh\nprintf "%s\\n" "$0" "$@" >"${0%/*}/asked"\n')
        (folder / name).chmod(0o755)
    return folder


def test_tensorflow_model_server_is_started_with_the_same_flags_where_it_is_there(programs: Path, tmp_path: Path) -> None:
    done = serve(tmp_path, "--port", 9000, "--enable-batching", path=programs)
    assert done.returncode == 0, done.stderr
    program, *flags = (programs / "asked").read_text().splitlines()
    assert program == str(programs / "tensorflow_model_server")
    assert {"--port=9000", "--rest_api_port=8501", "--enable_batching=true", f"--model_base_path={tmp_path}"} <= set(flags)
    assert "--file_system_poll_wait_seconds=1" in flags
    assert not [flag for flag in flags if "None" in flag or "config_file=" in flag]


def test_an_image_is_started_with_the_folders_that_its_files_name(programs: Path, tmp_path: Path) -> None:
    models = tmp_path / "models.config"
    models.write_text(f'model_config_list {{ config {{ name: "a" base_path: "{tmp_path}/a" }} }}', encoding="utf-8")
    done = serve("--model-config-file", models, "--image", "tensorflow/serving:2.20.0", "--port", 9000, path=programs)
    assert done.returncode == 0, done.stderr
    program, *arguments = (programs / "asked").read_text().splitlines()
    assert program == str(programs / "docker")
    image = arguments.index("tensorflow/serving:2.20.0")
    before, after = set(arguments[:image]), set(arguments[image:])
    assert {"--publish=127.0.0.1:9000:8500", "--publish=127.0.0.1:8501:8501", "--entrypoint=tensorflow_model_server"} <= before
    assert {f"--mount=type=bind,source={path},target={path},readonly" for path in (models, tmp_path / "a")} <= before
    assert {"--port=8500", f"--model_config_file={models}"} <= after


def test_flags_of_tensorflow_model_server_that_are_not_ours_reach_it(programs: Path, tmp_path: Path) -> None:
    given = f"--model_base_path={tmp_path}", "--enable_batching=true", "--enable_profiler", "--mixed_precision=bfloat16"
    for options in ((), ("--image", "tensorflow/serving:2.20.0")):
        done = serve(*given, *options, path=programs)
        assert done.returncode == 0, done.stderr
        flags = (programs / "asked").read_text().splitlines()
        assert {"--enable_batching=true", "--enable_profiler=true", "--mixed_precision=bfloat16"} <= set(flags)


@pytest.mark.parametrize("host", [None, "0.0.0.0", "::", "[::]"])
def test_tensorflow_model_server_listens_everywhere_which_is_told_unless_asked_for(
    programs: Path, tmp_path: Path, host: str | None
) -> None:
    done = serve(tmp_path, *(["--host", host] if host else []), path=programs)
    assert done.returncode == 0
    assert ("listens on all interfaces" in done.stderr) == (host is None)


def test_a_folder_of_two_models_is_mounted_once(programs: Path, tmp_path: Path) -> None:
    models = tmp_path / "models.config"
    entry = f'base_path: "{tmp_path}/a" model_platform: "tensorflow"'
    models.write_text(f'model_config_list {{ config {{ name: "a" {entry} }} config {{ name: "b" {entry} }} }}', encoding="utf-8")
    done = serve("--model-config-file", models, "--image", "tensorflow/serving:2.20.0", "--host", "::1", path=programs)
    assert done.returncode == 0, done.stderr
    arguments = (programs / "asked").read_text().splitlines()
    assert arguments.count(f"--mount=type=bind,source={tmp_path}/a,target={tmp_path}/a,readonly") == 1
    assert "--publish=[::1]:8500:8500" in arguments


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--host", "127.0.0.1"], "always listens on all interfaces; leave --host out"),
        (["--host", "::1"], "--host ::1: "),
        (["--port", "0"], "takes no free port by itself"),
        (["--image", "tensorflow/serving:2.20.0", "--grpc_socket_path=/tmp/socket"], "a socket in a container is out of reach"),
    ],
)
def test_what_tensorflow_model_server_cannot_do_is_refused(
    programs: Path, tmp_path: Path, arguments: list[str], message: str
) -> None:
    done = serve(tmp_path, *arguments, path=programs)
    assert done.returncode == 2
    (line,) = done.stderr.strip().splitlines()
    assert message in line
    assert not (programs / "asked").exists()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([], "name a folder of models, or several with --model-config-file"),
        (["gs://bucket/models"], "gs://bucket/models: the local server reads folders of this machine"),
        (["{base}", "--model-config-file", "x"], "x: cannot be read (No such file"),
        (["{base}", "--batching-parameters-file", "x"], "--batching-parameters-file needs --enable-batching"),
        (["{base}", "--file-system-poll-wait-seconds", "-1"], "expected 0 to"),
        (["{base}", "--port", "70000"], "--port is 70000; expected 0 to 65535"),
        (["{base}", "--rest-api-port", "-1"], "--rest-api-port is -1; expected 0 to 65535"),
        (["{base}", "--grace-seconds", "nan"], "--grace-seconds is nan"),
        (["{base}", "--max-pixels", "0"], "--max-pixels is 0; expected 1"),
        (["/nowhere/at/all", "--file-system-poll-wait-seconds", "0"], "/nowhere/at/all: no such folder; name one that"),
        (["{base}/1"], "is a version itself; name the folder that it is in"),
        (
            ["{base}", "--enable_batching=yes"],
            "--enable_batching=yes: expected --enable_batching=true or --enable_batching=false",
        ),
        (["{base}", "--saved_model_tags=gpu"], "--saved_model_tags: the local server does not have this flag"),
        (["{base}", "--enable_nonsense=true"], "--enable_nonsense=true"),
        (["{base}", "--grpc_socket_path={base}"], "exists and is no socket; choose another --grpc-socket-path"),
        (["{base}", "--port", "{taken}"], "choose another --port"),
        (["{base}", "--rest-api-port", "{taken}", "--port", "0"], "choose another --rest-api-port"),
    ],
)
def test_a_start_that_cannot_be_ends_in_one_line(model_base: Path, arguments: list[str], message: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        given = [text.format(base=model_base, taken=taken.getsockname()[1]) for text in arguments]
        done = serve(*given)
    assert done.returncode == 2
    (line,) = done.stderr.strip().splitlines()
    assert line.startswith("error: ")
    assert message in line
