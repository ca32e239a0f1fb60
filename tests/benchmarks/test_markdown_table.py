from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks.markdown_table import BEGIN, END, insert_table, markdown
from benchmarks.results import read_results
from benchmarks.task import TRAINING_STEP, Task
from tfhd.errors import InputError

DOCS = Path(__file__).resolve().parents[2] / "docs"
STEP = Task(256, 512)


def rows(text: str) -> list[list[str]]:
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in text.splitlines() if line.startswith("|")]


def test_a_row_has_medians_their_ratio_and_memory_of_both(comparison):
    header, _, row = rows(markdown([comparison("training step", STEP, [5.0, 5.5, 4.0], [6.0, 6.5, 6.0])]))
    assert dict(zip(header, row, strict=True)) == {
        "work": "training step",
        "size": "512x256",
        "tfhd": "5.00 s",
        "original": "6.00 s",
        "original / tfhd": "1.20",
        "tfhd's memory": "1.00 GiB",
        "original's memory": "2.00 GiB",
    }


def test_without_the_original_its_cells_are_empty_and_short_times_are_milliseconds(comparison):
    assert rows(markdown([comparison("pooling", STEP, [0.25])]))[-1] == ["pooling", "512x256", "250 ms", "", "", "1.00 GiB", ""]


def test_options_that_are_not_the_default_are_shown_after_the_size(comparison):
    task = Task(256, 512, batch_size=4, device="gpu", precision="mixed_bfloat16", jit=True)
    assert rows(markdown([comparison("step", task, [2.0])]))[-1][1] == "512x256, batch 4, XLA, gpu, mixed_bfloat16"


def test_a_pipeline_is_given_in_pictures_per_second_and_compared_with_the_step_that_it_feeds(comparison):
    pipelines = [comparison("pipeline", Task(*size, pictures=16), [2.0]) for size in ((256, 512), (512, 1024))]
    text = markdown([comparison(TRAINING_STEP, STEP, [5.0]), *pipelines])
    assert rows(text)[-1][2] == "8.0 pictures/s"
    assert [line for line in text.splitlines() if "alone" in line] == [
        "pipeline: alone, it delivers 40 times as many pictures per second as the training step uses."
    ]


def test_each_machine_has_a_table_with_its_commands_below(comparison):
    text = markdown(
        [
            comparison("step", STEP, [2.0], command="one"),
            comparison("step", STEP, [1.0], processor="Difference engine"),
            comparison("pooling", STEP, [2.0], command="two"),
        ]
    )
    abacus, engine = [line for line in text.splitlines() if "2.21.0" in line]
    assert abacus == (
        "Abacus, 2 cores, 24 GiB; Linux; Python 3.11.7, tensorflow 2.21.0, keras 3.15.1: "
        "`one` on 2026-01-31; `two` on 2026-01-31."
    )
    assert engine.startswith("Difference engine")
    assert [row[0] for row in rows(text)] == ["work", "---", "step", "pooling", "work", "---", "step"]


def test_the_table_replaces_the_previous_one_and_leaves_the_rest(tmp_path, comparison):
    document = tmp_path / "performance.md"
    document.write_text(f"# Speed\n\n{BEGIN}\nold\n{END}\n\nThe end.\n")
    results = [comparison("step", STEP, [2.0])]
    for _ in range(2):
        insert_table(document, results)
    assert document.read_text() == f"# Speed\n\n{BEGIN}\n{markdown(results)}{END}\n\nThe end.\n"


@pytest.mark.parametrize(("text", "lacking"), [("# Speed\n", BEGIN), (f"{BEGIN}\n", END), (f"{END}\n{BEGIN}\n", END)])
def test_a_document_without_both_marks_is_refused_and_kept(tmp_path, comparison, text, lacking):
    (tmp_path / "doc.md").write_text(text)
    with pytest.raises(InputError, match=f"doc.md: lacks the line '{lacking}'; put both marks"):
        insert_table(tmp_path / "doc.md", [comparison("step", STEP, [2.0])])
    assert (tmp_path / "doc.md").read_text() == text


def test_the_documentation_shows_the_results_beside_it(tmp_path):
    copy = tmp_path / "performance.md"
    copy.write_text((DOCS / "performance.md").read_text(encoding="utf-8"), encoding="utf-8")
    insert_table(copy, read_results(DOCS / "performance.json"))
    assert copy.read_text(encoding="utf-8") == (DOCS / "performance.md").read_text(encoding="utf-8")
