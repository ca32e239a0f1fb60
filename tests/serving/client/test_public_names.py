from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import tfhd_client

PACKAGE = Path(tfhd_client.__file__).parent

PUBLIC = [
    "MAX_ID",
    "TLS",
    "Arrays",
    "AsyncClient",
    "AsyncTransport",
    "Client",
    "Code",
    "File",
    "InputError",
    "LabelMap",
    "LabelClass",
    "LabelClasses",
    "ModelDescription",
    "Picture",
    "PictureKind",
    "ServingError",
    "Transport",
    "declare_messages",
    "id_png",
    "is_transparent",
    "needs_label_set",
    "read_label_map",
    "photo_orientation",
    "read_ids",
    "read_labels",
    "read_photo",
    "read_picture",
    "read_size",
    "read_style_counts",
    "style_map",
    "verify_ids",
    "verify_photo",
]


def test_the_public_names_are_these() -> None:
    assert sorted(tfhd_client.__all__) == sorted(PUBLIC)
    assert set(PUBLIC) <= set(dir(tfhd_client))


def test_type_checkers_see_the_same_names() -> None:
    tree = ast.parse((PACKAGE / "__init__.py").read_text(encoding="utf-8"))
    (block,) = (node for node in tree.body if isinstance(node, ast.If))
    declared = {(statement.module, name.asname) for statement in block.body for name in statement.names}
    assert declared == {(module, name) for module, names in tfhd_client._MODULES.items() for name in names}
    assert (PACKAGE / "py.typed").exists()


def test_no_module_has_the_name_of_something_public() -> None:
    # A module becomes an attribute of its package when it is imported, and would hide the function or class.
    assert not {path.stem for path in PACKAGE.glob("*.py")} & set(PUBLIC)


def test_pictures_are_read_without_importing_grpc() -> None:
    script = "import sys, tfhd_client; [getattr(tfhd_client, name) for name in sys.argv[1:]]; print(*sys.modules)"
    names = ["InputError", "read_ids", "read_labels", "read_photo", "style_map", "read_style_counts"]
    done = subprocess.run([sys.executable, "-c", script, *names], capture_output=True, text=True, timeout=60, check=True)
    assert not {"grpc", "google.protobuf"} & set(done.stdout.split())


def test_the_client_needs_neither_tensorflow_nor_keras_nor_tfhd() -> None:
    script = "import sys; from tfhd_client import *; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=60, check=True)
    loaded = {name.split(".")[0] for name in done.stdout.split()}
    assert not {"tensorflow", "keras", "tensorflow_serving", "scipy", "sklearn", "tfhd"} & loaded
