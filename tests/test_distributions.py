"""What the two wheels hold: every package of the checkout, and one version."""

from __future__ import annotations

import configparser
from pathlib import Path

import tfhd
from tests.conftest import ROOT

CLIENT = ROOT / "serving" / "client"
APPLICATIONS = ("train", "export", "serving")


def read_config(path: Path) -> configparser.ConfigParser:
    config = configparser.ConfigParser()
    config.read(path, encoding="utf-8")
    return config


def requirement_lines(config: configparser.ConfigParser) -> list[str]:
    return config["options"]["install_requires"].split("\n")


def packages_below(folder: str) -> set[str]:
    found = {path.parent.relative_to(ROOT) for path in (ROOT / folder).rglob("__init__.py") if CLIENT not in path.parents}
    return {".".join(path.parts) for path in found}


def test_every_package_is_listed():
    listed = read_config(ROOT / "setup.cfg")["options"]["packages"].split()
    applications = {f"tfhd.{name}" for folder in APPLICATIONS for name in packages_below(folder)}
    assert sorted(listed) == sorted(packages_below("tfhd") | applications)


def test_every_folder_with_modules_is_a_package():
    for folder in ("tfhd", *APPLICATIONS):
        for path in (ROOT / folder).rglob("*.py"):
            assert (path.parent / "__init__.py").exists(), path.parent


def test_both_distributions_have_one_version():
    client = read_config(CLIENT / "setup.cfg")
    assert client["metadata"]["version"] == tfhd.__version__
    assert f"tfhd-client=={tfhd.__version__}" in requirement_lines(read_config(ROOT / "setup.cfg"))


def test_the_client_needs_five_packages():
    names = [line.split(">=")[0] for line in requirement_lines(read_config(CLIENT / "setup.cfg")) if line and line[0] != "#"]
    assert names == ["numpy", "pillow", "tifffile", "grpcio", "protobuf"]
