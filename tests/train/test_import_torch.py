from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import tensorflow as tf

from tfhd.config import Config, DataConfig, PixelType
from tfhd.errors import InputError
from tfhd.export.saved_model.export import export_saved_model
from tfhd.interop import load_state_dict
from tfhd.label_sets import LabelClass, LabelSet
from tfhd.networks import build_networks
from tfhd.runs import load_run
from tfhd.serving.in_process.local_model import LocalModel
from tfhd.styles import StyleTable
from tfhd.train.import_torch import import_torch, read_state_dict, write_imported_run

Parity = Callable[[str], dict[str, np.ndarray]]


@pytest.fixture
def data(tmp_path: Path) -> DataConfig:
    """Seven classes, as the recordings have."""
    classes = tuple(LabelClass(f"class {i}", (i,), (i, i, i), False) for i in range(7))
    path = tmp_path / "seven.json"
    path.write_text(LabelSet("seven", classes).to_json(), encoding="utf-8")
    return DataConfig(label_set=str(path), height=32, width=64)


def weights_in(fixture: dict[str, np.ndarray], prefix: str) -> dict[str, np.ndarray]:
    return {name[len(prefix) :]: value for name, value in fixture.items() if name.startswith(prefix)}


def write_pth(path: Path, weights: dict[str, np.ndarray]) -> Path:
    torch = pytest.importorskip("torch", reason="reads and writes real .pth files: make install EXTRAS=torch")
    torch.save({name: torch.from_numpy(value) for name, value in weights.items()}, path)
    return path


@pytest.mark.parametrize("key", ["state_dict", "model"])
def test_checkpoints_of_training_programs_are_read(tmp_path: Path, key: str) -> None:
    torch = pytest.importorskip("torch", reason="reads and writes real .pth files: make install EXTRAS=torch")
    torch.save({"epoch": 3, key: {"a.weight": torch.ones(2)}}, tmp_path / "G.pth")
    ((name, array),) = read_state_dict(tmp_path / "G.pth").items()
    assert (name, array.tolist()) == ("a.weight", [1, 1])


@pytest.mark.parametrize(
    ("name", "enhancers", "filters"), [("global_generator", 0, 4), ("local_enhancer_1", 1, 2), ("local_enhancer_2", 2, 1)]
)
def test_generator_of_a_pth_file_paints_what_the_original_painted(
    tmp_path: Path, data: DataConfig, parity: Parity, name: str, enhancers: int, filters: int
) -> None:
    fixture = parity(name)
    import_torch(write_pth(tmp_path / "G.pth", weights_in(fixture, "w/")), tmp_path / "run", data=data)
    trained = load_run(tmp_path / "run")
    config, networks = trained.config, trained.networks
    assert (config.generator.num_enhancers, config.generator.filters) == (enhancers, filters)
    assert (config.generator.num_downsamples, config.generator.num_residual_blocks) == (2, 1)
    picture = networks.generator(networks.label_encoding(fixture["label"], fixture["instance"]))
    np.testing.assert_allclose(picture, fixture["output"], atol=1e-4)

    path = export_saved_model(tmp_path / "run", tmp_path / "model")
    call = tf.saved_model.load(str(path)).signatures["synthesize"]
    maps = {
        "label": tf.constant(fixture["label"].astype(np.uint8)[..., None]),
        "instance": tf.constant(fixture["instance"].astype(np.uint16)[..., None]),
    }
    unused = tf.constant([[-1]])
    painted = call(**maps, seed=tf.constant([-1]), style_instance=unused, style_index=unused)["image"].numpy()
    assert np.abs(painted - (fixture["output"] + 1) * 127.5).max() < 0.6


def test_encoder_and_discriminator_come_along(tmp_path: Path, data: DataConfig, parity: Parity) -> None:
    fixture = parity("train_step_encoder")
    paths = {name: write_pth(tmp_path / f"{name}.pth", weights_in(fixture, f"before/{name}/")) for name in "GED"}
    import_torch(paths["G"], tmp_path / "run", encoder=paths["E"], discriminator=paths["D"], data=data)
    trained = load_run(tmp_path / "run")
    config, label_set, networks = trained.config, trained.label_set, trained.networks
    assert (config.encoder.feature_channels, config.encoder.filters, config.encoder.num_downsamples) == (3, 2, 2)
    assert (config.discriminator.filters, config.discriminator.num_layers, config.discriminator.num_scales) == (4, 3, 3)
    expected = build_networks(config, label_set.num_classes)
    load_state_dict(expected.encoder, weights_in(fixture, "before/E/"))
    for ours, theirs in zip(networks.encoder.variables, expected.encoder.variables, strict=True):
        np.testing.assert_array_equal(ours, theirs)
    with np.load(tmp_path / "run" / "checkpoints" / "step-00000000" / "discriminator.npz") as file:
        assert len(file.files) == len(weights_in(fixture, "before/D/"))

    StyleTable(np.zeros((7, 10, 3)), np.zeros(7)).save(tmp_path / "run" / "styles.npz")
    assert export_saved_model(tmp_path / "run", tmp_path / "model").name == "1"


def test_a_label_set_of_other_size_is_named_with_both_numbers(tmp_path: Path, parity: Parity) -> None:
    weights = {"generator": weights_in(parity("global_generator"), "w/")}
    with pytest.raises(InputError, match=r"reads 8 channels, but label set cityscapes with 35 classes.*makes 36"):
        write_imported_run(weights, tmp_path / "run", DataConfig())
    assert not (tmp_path / "run").exists()


def test_weights_of_another_network_are_listed(tmp_path: Path, data: DataConfig, parity: Parity) -> None:
    weights = weights_in(parity("global_generator"), "w/")
    with pytest.raises(InputError, match=r"left over: model\.2\.extra"):
        write_imported_run({"generator": weights | {"model.2.extra": np.zeros(4)}}, tmp_path / "run", data)
    with pytest.raises(InputError, match=r"no scale0_layer0\.0\.weight"):
        write_imported_run({"generator": weights, "discriminator": weights}, tmp_path / "run", data)
    assert not (tmp_path / "run").exists()


def test_an_existing_folder_is_left_alone(tmp_path: Path, data: DataConfig, parity: Parity) -> None:
    with pytest.raises(InputError, match="exists already"):
        write_imported_run({"generator": weights_in(parity("global_generator"), "w/")}, tmp_path, data)


def test_files_that_hold_no_tensors_end_in_one_line(tmp_path: Path, data: DataConfig) -> None:
    torch = pytest.importorskip("torch", reason="reads real .pth files: make install EXTRAS=torch")
    torch.save({"code": Config}, tmp_path / "code.pth")
    (tmp_path / "text.pth").write_text("no weights", encoding="utf-8")
    torch.save([1, 2], tmp_path / "list.pth")
    torch.save({0: torch.zeros(4)}, tmp_path / "numbers.pth")
    torch.save({"model.1.weight": torch.zeros(50, 50)}, tmp_path / "half.pth")
    (tmp_path / "half.pth").write_bytes((tmp_path / "half.pth").read_bytes()[:5000])
    for name in ("code.pth", "text.pth", "list.pth", "half.pth", "absent.pth"):
        with pytest.raises(InputError, match=name) as error:
            import_torch(tmp_path / name, tmp_path / "run", data=data)
        assert "\n" not in str(error.value)
    with pytest.raises(InputError, match=r"generator hold 0, .* but no model"):
        import_torch(tmp_path / "numbers.pth", tmp_path / "run", data=data)
    assert not (tmp_path / "run").exists()


def test_a_place_that_cannot_be_written_to_is_named(tmp_path: Path, data: DataConfig, parity: Parity) -> None:
    weights = {"generator": weights_in(parity("global_generator"), "w/")}
    (tmp_path / "file").touch()
    for out in (tmp_path / "file" / "run", tmp_path / ("x" * 300)):
        with pytest.raises(InputError, match=rf"{out.name}: cannot write the run"):
            write_imported_run(weights, out, data)


def test_without_pytorch_the_command_says_how_to_install_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "torch", None)  # Python takes this for a module that cannot be imported
    with pytest.raises(InputError, match=r"reading \.pth files needs torch, .*pip install 'tfhd\[torch\]'"):
        import_torch(tmp_path / "G.pth", tmp_path / "run")


def test_weights_with_a_wrapping_become_the_same_run(tmp_path: Path, data: DataConfig, parity: Parity) -> None:
    weights = weights_in(parity("global_generator"), "w/")
    wrapped = {f"module.{name}": value for name, value in weights.items()} | {
        "module.model.2.running_mean": np.ones(4, "float32")
    }
    configs = [
        write_imported_run({"generator": state}, tmp_path / name, data) for name, state in (("a", weights), ("b", wrapped))
    ]
    assert configs[0] == configs[1]


def test_weights_of_pictures_paint_what_the_original_painted(tmp_path: Path, parity: Parity) -> None:
    """The original's label_nc 0, from its .pth files to a SavedModel."""
    fixture = parity("train_step_pictures")
    paths = {name: write_pth(tmp_path / f"{name}.pth", weights_in(fixture, f"before/{name}/")) for name in "GD"}
    data = DataConfig(input="image", height=24, width=40)
    import_torch(paths["G"], tmp_path / "run", discriminator=paths["D"], data=data)
    export_saved_model(tmp_path / "run", tmp_path / "model")
    with LocalModel(tmp_path / "model") as model:
        painted = model.translate(fixture["picture"][0], fixture["instance"][0])
    assert np.abs(painted - (fixture["step1/fake"][0] + 1) * 127.5).max() < 0.6


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        (
            {"instance_edges": False},
            r"reads 4 channels, but pictures of 3 channels, no edges and 0 style .*makes 3; set --data\.i",
        ),
        ({"input_pixels": PixelType(1)}, r"reads 4 channels, but pictures of 1 channels, edges .*makes 2"),
        (
            {"output_pixels": PixelType(1)},
            r"paints 3 channels, but data\.output_pixels\.channels is 1; set --data\.output-pixels",
        ),
    ],
)
def test_pictures_of_other_channels_are_named(tmp_path: Path, parity: Parity, changes: dict, message: str) -> None:
    weights = {"generator": weights_in(parity("train_step_pictures"), "before/G/")}
    data = DataConfig(**({"input": "image", "height": 24, "width": 40} | changes))
    with pytest.raises(InputError, match=message):
        write_imported_run(weights, tmp_path / "run", data)
    assert not (tmp_path / "run").exists()
