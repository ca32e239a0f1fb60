"""The command lines, and what docs/study.md tells a reader to do."""

from __future__ import annotations

import csv
import re
import shlex
import signal
import socket
import subprocess
import sys

import pytest

from tests.conftest import ROOT
from tests.serving.study.conftest import tokens_of
from tests.serving.study.test_ratings import rate
from tfhd.errors import InputError
from tfhd.serving.__main__ import main
from tfhd.serving.study import run
from tfhd.serving.study.ratings import Ratings

DOCUMENT = (ROOT / "docs" / "study.md").read_text(encoding="utf-8")


def command_lines(part: str) -> list[list[str]]:
    return [shlex.split(line)[1:] for line in re.findall(r"^    (tfhd study .*)$", part, re.MULTILINE)]


def test_the_document_leads_from_two_folders_to_a_table(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    exec(re.search(r"```python\n(.*?)```", DOCUMENT, re.DOTALL)[1], {})
    create, _, results = command_lines(DOCUMENT.split("\n## ")[1])
    main("tfhd", create)
    ratings = Ratings(tmp_path / "study")
    for token in tokens_of(tmp_path / "study"):
        rate(ratings, token, choose=lambda row: row["expected"] or "left")
    capsys.readouterr()
    main("tfhd", results)
    printed = capsys.readouterr().out
    head = re.search(r"^\| method .*$", DOCUMENT, re.MULTILINE)[0]
    assert head in printed
    assert re.search(r"\| sharp \| blurred \| 200 \| 50\.0 % \| 43\.1 to 56\.9 % \| \d+\.\d to \d+\.\d % \| 1\.000 \|", printed)


def test_every_flag_of_the_document_exists(capsys):
    for line in command_lines(DOCUMENT):
        with pytest.raises(SystemExit) as caught:
            main("tfhd", [line[0], line[1], "--help"])
        assert caught.value.code == 0
        described = capsys.readouterr().out
        for flag in (word for word in line if word.startswith("--")):
            assert flag in described, line


@pytest.mark.parametrize("arguments", [["vote"], ["run", "absent"], ["results", "absent"], ["power", "--rate", "0.4"]])
def test_mistakes_end_in_a_line(arguments, capsys):
    with pytest.raises(SystemExit) as caught:
        main("tfhd", ["study", *arguments])
    assert caught.value.code == 2
    assert re.fullmatch(r"error: [^\n]+\n", capsys.readouterr().err)


@pytest.mark.parametrize(
    ("flags", "line"),
    [
        ({"add": -1}, "--add is -1"),
        ({"port": 70_000}, "--port is 70000"),
        ({"host": "0.0.0.0"}, "say with --url"),
        ({"url": "study.example.org"}, "--url study.example.org: expected http"),
        ({"url": "https://study.example.org/path"}, "without a path"),
        ({"url": "https://name:word@study.example.org"}, "--url"),
        ({"url": "http://study.example.org:port"}, "--url"),
        ({"host": "192.0.2.1", "url": "http://192.0.2.1"}, "cannot listen there"),
    ],
)
def test_run_refuses_wrong_flags(make_study, flags, line):
    with pytest.raises(InputError, match=line):
        run.main(make_study(raters=1), **{"port": 0, **flags})


def test_run_refuses_a_port_that_is_taken(make_study):
    with socket.create_server(("127.0.0.1", 0)) as other, pytest.raises(InputError, match="choose another --port"):
        run.main(make_study(raters=1), port=other.getsockname()[1])


def test_run_names_pictures_that_are_missing(make_study):
    study = make_study(raters=1)
    for number, path in enumerate(sorted((study / "pictures").iterdir())):
        if number:
            path.unlink()
    with pytest.raises(InputError, match=r"lacks 7 of 8 pictures \(.*, \.\.\.\)"):
        run.main(study, port=0)


def test_run_prints_links_and_stops_when_told_to(make_study):
    study = make_study(raters=1)
    command = [sys.executable, "-m", "serving", "study", "run", str(study), "--port", "0", "--add", "11", "--url"]
    with subprocess.Popen([*command, "https://study.example"], cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        first, *links = [process.stdout.readline().strip() for _ in range(11)]
        assert first == f"Serving {study} at https://study.example, one link for each rater; 2 more are in {study}/links.txt:"
        written = (study / "links.txt").read_text().split()
        assert written[:10] == links
        assert written == [f"https://study.example/#{token}" for token in tokens_of(study)]
        assert len(written) == 12
        assert (study / "links.txt").stat().st_mode & 0o777 == 0o600
        process.send_signal(signal.SIGTERM)
        assert process.wait(30) == 0


def test_votes_csv_opens_with_its_columns(make_study, tmp_path):
    study = make_study(raters=1)
    main("tfhd", ["study", "results", str(study), "--out", str(tmp_path / "out")])
    with (tmp_path / "out" / "votes.csv").open(newline="") as file:
        assert next(csv.reader(file))[:4] == ["trial", "rater", "kind", "name"]
