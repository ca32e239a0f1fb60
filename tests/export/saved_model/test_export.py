from __future__ import annotations

import dataclasses
import json
import runpy
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
import tensorflow as tf
from tensorflow.core.protobuf import saved_model_pb2

from tests.export.conftest import edgeless_config
from tests.forked import Forked
from tests.full_disk import largest_file
from tests.tiny_run import LABEL_SET, street, style_table, tiny_config, write_run
from tfhd.config import Config, TrainingConfig
from tfhd.errors import InputError
from tfhd.export.saved_model.export import export_saved_model
from tfhd.label_sets import LabelSet

ROOT = Path(__file__).resolve().parents[3]

# A finder whose modules cannot be loaded: TensorFlow itself asks where Keras would be, and tries to import it.
_LOAD_WITHOUT_KERAS = """
import sys
from importlib.machinery import PathFinder

class Refused:
    def create_module(self, spec):
        raise ImportError(f"{spec.name} must not be needed")
    def exec_module(self, module):
        pass

class Finder:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in ("keras", "tfhd", "export"):
            spec = PathFinder.find_spec(name, path)
            if spec is not None:
                spec.loader = Refused()
            return spec

sys.meta_path.insert(0, Finder())
import numpy as np
import tensorflow as tf

arrays = np.load(sys.argv[2])
call = tf.saved_model.load(sys.argv[1]).signatures["synthesize"]
picture = call(**{name: tf.constant(arrays[name]) for name in arrays})["image"]
np.save(sys.argv[3], picture.numpy())
assert not [name for name in sys.modules if name.partition(".")[0] in ("keras", "tfhd", "export")]
"""


def test_loads_in_a_process_that_imports_neither_tfhd_nor_keras(exported, tmp_path: Path) -> None:
    label, instance = (array[None, ..., None] for array in street(32, 48))
    unused = np.array([[-1]], np.int32)
    inputs = {"label": label, "instance": instance, "seed": np.array([5], np.int32)}
    inputs |= {"style_instance": unused, "style_index": unused}
    np.savez(tmp_path / "inputs.npz", **inputs)
    paths = [str(exported.path), str(tmp_path / "inputs.npz"), str(tmp_path / "picture.npy")]
    subprocess.run([sys.executable, "-c", _LOAD_WITHOUT_KERAS, *paths], check=True, cwd=tmp_path, timeout=120)
    expected = exported.signatures["synthesize"](**{name: tf.constant(value) for name, value in inputs.items()})["image"]
    np.testing.assert_array_equal(np.load(tmp_path / "picture.npy"), expected.numpy())


def test_weights_are_stored_once(tmp_path: Path) -> None:
    networks = write_run(tmp_path / "run", tiny_config(filters=110))
    weights = 4 * sum(network.count_params() for network in (networks.generator, networks.encoder))
    assert weights > 20e6
    path = export_saved_model(tmp_path / "run", tmp_path / "model")
    size = sum(file.stat().st_size for file in path.rglob("*") if file.is_file())
    assert size < 1.1 * weights


def test_manifest_says_what_the_model_is(exported) -> None:
    manifest = json.loads((exported.path / "manifest.json").read_text(encoding="utf-8"))
    assert LabelSet.from_json(json.dumps(manifest["label_set"])) == LABEL_SET
    assert Config.from_json(json.dumps(manifest["config"])) == tiny_config()
    assert (manifest["size_multiple"], manifest["label_dtype"], manifest["instance_dtype"]) == (4, "uint8", "uint16")
    assert (manifest["checkpoint"], manifest["weights"]) == ("step-00000000", "step-00000000 raw")
    assert manifest["versions"]["tensorflow"] == tf.__version__
    assert (manifest["size"], manifest["precision"], manifest["optimize_for"]) == (None, "float32", "any")
    assert len({(check["height"], check["width"]) for check in manifest["checks"]}) == 2
    assert {check["batch"] for check in manifest["checks"]} == {1, 2}
    assert all(0 <= check["mean"] <= check["largest"] <= 1 for check in manifest["checks"])


def test_a_model_without_instance_edges_is_exported_and_compared(tmp_path: Path) -> None:
    write_run(tmp_path / "run", edgeless_config())
    path = export_saved_model(tmp_path / "run", tmp_path / "model")
    manifest = json.loads((path / "manifest.json").read_text(encoding="utf-8"))
    assert all(check["largest"] <= 1 for check in manifest["checks"])


def test_left_out_seed_and_styles_are_declared_as_defaults(exported) -> None:
    model = saved_model_pb2.SavedModel.FromString((exported.path / "saved_model.pb").read_bytes())
    definitions = model.meta_graphs[0].signature_def
    defaults = {name: tf.make_ndarray(value).tolist() for name, value in definitions["synthesize"].defaults.items()}
    assert defaults == {"seed": [-1], "style_instance": [[-1]], "style_index": [[-1]]}
    assert list(definitions["serving_default"].defaults) == ["seed"]


def test_what_training_computes_again_leaves_no_custom_gradients(tmp_path: Path) -> None:
    config = dataclasses.replace(tiny_config(), training=TrainingConfig(recompute=True))
    write_run(tmp_path / "run", config)
    path = export_saved_model(tmp_path / "run", tmp_path / "model")
    model = saved_model_pb2.SavedModel.FromString((path / "saved_model.pb").read_bytes())
    functions = model.meta_graphs[0].graph_def.library.function
    assert functions
    assert not [node.name for function in functions for node in function.node_def if "_gradient_op_type" in node.attr]


def test_styles_of_other_weights_are_refused(tmp_path: Path) -> None:
    write_run(tmp_path / "run", tiny_config())
    dataclasses.replace(style_table(3), origin="step-00000007 averaged").save(tmp_path / "run/styles.npz")
    remedy = "write it anew with `tfhd train styles .*run --checkpoint best --weights raw`"
    message = f"styles.npz: was made with the weights step-00000007 averaged, but the model has step-00000000 raw; {remedy}"
    with pytest.raises(InputError, match=message):
        export_saved_model(tmp_path / "run", tmp_path / "model", checkpoint="best", weights="raw")
    assert not (tmp_path / "model").exists()
    dataclasses.replace(style_table(3), origin="step-00000000 raw").save(tmp_path / "run/styles.npz")
    assert export_saved_model(tmp_path / "run", tmp_path / "model").name == "1"


def test_versions_count_up_and_an_existing_one_is_kept(exported, tmp_path: Path) -> None:
    (tmp_path / "9").mkdir()
    assert export_saved_model(exported.run, tmp_path).name == "10"
    (tmp_path / "3").symlink_to(tmp_path / "absent")
    for version in (9, 3):
        with pytest.raises(InputError, match=f"{version}: version exists already"):
            export_saved_model(exported.run, tmp_path, version=version)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["10", "3", "9"]


@pytest.mark.parametrize("version", [-1, 0, 2**63])
def test_versions_that_tensorflow_serving_does_not_take_are_refused(exported, tmp_path: Path, version: int) -> None:
    with pytest.raises(InputError, match=rf"version {version}: TensorFlow Serving takes 1 to "):
        export_saved_model(exported.run, tmp_path / "model", version=version)
    assert not (tmp_path / "model").exists()


@pytest.mark.parametrize("highest", [2**63 - 1, 10**30])
def test_no_version_follows_the_highest(exported, tmp_path: Path, highest: int) -> None:
    (tmp_path / str(highest)).mkdir()
    with pytest.raises(InputError, match=rf"holds version {highest}, and TensorFlow Serving takes none above .*; give --version"):
        export_saved_model(exported.run, tmp_path)
    assert export_saved_model(exported.run, tmp_path, version=1).name == "1"


def test_a_place_that_cannot_be_written_to_is_named(exported, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    for out in (tmp_path / "file", tmp_path / ("x" * 300)):
        with pytest.raises(InputError, match=rf"{out.name}/1: cannot write the model") as error:
            export_saved_model(exported.run, out)
        assert "\n" not in str(error.value)


def test_a_run_without_its_style_table_says_how_to_make_it(tmp_path: Path) -> None:
    write_run(tmp_path / "run", tiny_config(), styles=False)
    with pytest.raises(InputError, match=r"styles\.npz: no style table there.*train styles"):
        export_saved_model(tmp_path / "run", tmp_path / "model")
    style_table(2).save(tmp_path / "run" / "styles.npz")
    with pytest.raises(InputError, match="3 classes of 2 channels, but the run has 3 of 3"):
        export_saved_model(tmp_path / "run", tmp_path / "model")
    assert not (tmp_path / "model").exists()


def test_a_folder_that_is_no_run_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"config\.json: cannot read"):
        export_saved_model(tmp_path, tmp_path / "model")


def test_a_full_disk_ends_in_one_line_and_leaves_nothing(exported, tmp_path: Path) -> None:
    with largest_file(10_000), pytest.raises(InputError, match="cannot write the model") as error:
        export_saved_model(exported.run, tmp_path)
    assert "\n" not in str(error.value)
    assert not list(tmp_path.iterdir())


def test_wide_raw_ids_make_a_16_bit_label_input(tmp_path: Path) -> None:
    write_run(tmp_path / "run", tiny_config(0))
    text = LABEL_SET.to_json().replace("[7]", "[7, 300]")
    (tmp_path / "run" / "label_set.json").write_text(text, encoding="utf-8")
    path = export_saved_model(tmp_path / "run", tmp_path / "model")
    call = tf.saved_model.load(str(path)).signatures["synthesize"]
    assert call.structured_input_signature[1]["label"].dtype == tf.uint16


def test_command_prints_path_size_and_parameters(exported, tmp_path: Path, monkeypatch, capsys) -> None:
    monkeypatch.setattr(sys, "argv", ["export", "saved-model", str(exported.run), str(tmp_path / "model")])
    runpy.run_module("export", run_name="__main__")
    parameters = exported.networks.generator.count_params() + exported.networks.encoder.count_params()
    version = tmp_path / "model" / "1"
    size = sum(path.stat().st_size for path in version.rglob("*") if path.is_file()) / 1e6
    expected = f"{version}: {size:.1f} MB, {parameters:,} parameters, from step-00000000\n"
    assert capsys.readouterr().out.startswith(expected)


def test_a_command_that_is_stopped_leaves_nothing_half_written(exported, tmp_path: Path) -> None:
    command = [sys.executable, "-m", "export", "saved-model", str(exported.run), str(tmp_path / "model")]
    with Forked(command, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as export:
        while not list(tmp_path.glob("model/.partial-*")):
            assert export.poll() is None, "it ended before it wrote"
            time.sleep(0.01)
        export.terminate()
        assert export.wait(60) == 143
    assert not list(tmp_path.glob("model/*"))
    assert not list(tmp_path.glob("model/.*"))
