from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests import forked
from tests.tiny_fit import STREETS
from tfhd.errors import InputError
from tfhd.train.plan import plan

ROOT = Path(__file__).resolve().parents[2]


def test_the_plan_is_a_table_and_a_file(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    plan([*STREETS, "--json", str(tmp_path / "plan.json")], "prog")
    lines = [" ".join(line.split()) for line in capsys.readouterr().out.splitlines()]
    (stage,) = json.loads((tmp_path / "plan.json").read_text())["stages"]
    assert "images per step 1 x 64x32" in lines
    assert f"parameters: generator {stage['parameters']['generator']:,}" in lines
    assert f"memory: in all {stage['memory']['total'] / 1e9:.2f} GB" in lines
    assert any(line.startswith("with --training.recompute") and line.endswith("a 6 GB card") for line in lines)
    assert not any("VGG19" in line for line in lines)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["nonesuch"], r"unknown preset 'nonesuch'"),
        ([*STREETS, "--json", "{tmp}/none/plan.json"], r"none/plan\.json: its folder does not exist"),
        ([*STREETS, "--json", "{tmp}"], r"cannot write the plan \(Is a directory\)"),
        ([*STREETS, "--data.label-set", "nonesuch"], r"label set 'nonesuch' is not known"),
        ([*STREETS, "--data.height", "4"], r"64x4 are too small for the generator"),
    ],
)
def test_a_wrong_command_is_one_line(tmp_path: Path, arguments: list[str], message: str) -> None:
    with pytest.raises(InputError, match=message) as caught:
        plan([argument.format(tmp=tmp_path) for argument in arguments], "prog")
    assert "\n" not in str(caught.value)


def test_it_is_a_command() -> None:
    done = forked.run("train", "plan", "--help")
    assert (done.returncode, "cityscapes-1024p" in done.stdout) == (0, True)
