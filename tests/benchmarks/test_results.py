from __future__ import annotations

import json

import pytest

from benchmarks.results import add_results, read_results, write_results
from benchmarks.task import Task
from tfhd.errors import InputError

TASK = Task(256, 512)


def test_results_read_back_as_they_were_with_medians_and_ratios_in_the_file(tmp_path, comparison):
    results = [comparison("step", TASK, [3.0, 2.0, 9.0], [6.0, 4.0, 6.0]), comparison("pooling", TASK, [1.0])]
    write_results(tmp_path / "new" / "results.json", results)
    assert read_results(tmp_path / "new" / "results.json") == results
    step, pooling = json.loads((tmp_path / "new" / "results.json").read_text())
    assert [series["median"] for series in step["series"]] == [3.0, 6.0]
    assert [series["seconds"] for series in step["series"]] == [[3.0, 2.0, 9.0], [6.0, 4.0, 6.0]]
    assert step["ratio"] == 2.0
    assert step["task"]["height"] == 256
    assert step["machine"]["packages"]["keras"] == "3.15.1"
    assert pooling["ratio"] is None


def test_a_new_result_replaces_one_of_the_same_work_and_task(tmp_path, comparison):
    file = tmp_path / "results.json"
    old, other, new = comparison("step", TASK, [3.0]), comparison("step", Task(512, 1024), [9.0]), comparison("step", TASK, [2.0])
    add_results(file, [old, other])
    add_results(file, [new])
    assert read_results(file) == [new, other]


@pytest.mark.parametrize(
    ("text", "message"),
    [("[{}]", r"results.json: 0.work: Field required; name a file"), ("{", r"results.json: the document: Invalid JSON")],
)
def test_a_file_that_holds_something_else_is_refused_and_kept(tmp_path, comparison, text, message):
    (tmp_path / "results.json").write_text(text)
    with pytest.raises(InputError, match=message):
        add_results(tmp_path / "results.json", [comparison("step", TASK, [2.0])])
    assert (tmp_path / "results.json").read_text() == text


def test_a_file_that_cannot_be_written_is_named(tmp_path, comparison):
    (tmp_path / "folder").write_text("")
    with pytest.raises(InputError, match=r"folder/results.json: cannot be written"):
        write_results(tmp_path / "folder" / "results.json", [comparison("step", TASK, [2.0])])


def test_an_absent_file_is_named(tmp_path):
    with pytest.raises(InputError, match=r"absent.json: cannot be read \(No such file or directory\)"):
        read_results(tmp_path / "absent.json")
