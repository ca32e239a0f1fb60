"""What was measured, as evaluation.json and as lines and a table on the terminal."""

from __future__ import annotations

import copy
from collections.abc import Sequence
from typing import Any

from tfhd.label_sets import LabelSet
from tfhd.metrics import ConfusionMatrix, FeatureModel, SegmentationScores, frechet_distance, kernel_distance

from ..score_table import finite, print_scores, scores_as_json
from .measures import PHOTOS, Measures
from .sources import GIVEN, OWN, USUAL

SAMPLED = "sampled"
_TITLES = {
    PHOTOS: "real photos",
    OWN: "own styles",
    GIVEN: "pictures",
    USUAL: "most usual styles",
    SAMPLED: "sampled styles",
}
_LEAST_ACCURACY = 0.5
"""Of a judge on real photos."""
_PERCEPTUAL = "VGG19 relu1_1 to relu5_1, each position of unit length, squared differences"


def segmentation_scores(measures: Measures, seeded: Sequence[str]) -> dict[str, SegmentationScores]:
    """Scores by kind of picture, those of all seeds together as `sampled`; empty without a judge."""
    matrices = dict(measures.matrices)
    if matrices and seeded:
        together: ConfusionMatrix = copy.deepcopy(matrices[seeded[0]])
        together.counts = sum(matrices[kind].counts for kind in seeded)
        matrices[SAMPLED] = together
    return {kind: matrix.scores() for kind, matrix in matrices.items()}


def similarity_as_json(measures: Measures) -> dict[str, Any]:
    """Distances between photos and pictures, each a mean over the pictures."""
    own, baseline = measures.mean("l1"), measures.mean("l1_class_colors")
    found = {"l1_encoder": own}
    if baseline is not None:
        found["l1_class_colors"] = baseline
        # The baseline is exact for photos of one colour per class.
        found["l1_reduction"] = (baseline - own) / max(baseline, 1e-9)
    found |= {"psnr": finite(measures.mean("psnr")), "ssim": measures.mean("ssim")}
    if measures.mean("perceptual") is not None:
        found["perceptual_distance"] = {"features": _PERCEPTUAL, "value": measures.mean("perceptual")}
    return found


def distances_as_json(measures: Measures, model: FeatureModel, seeded: Sequence[str]) -> dict[str, Any]:
    """Distances between the set of photos and the sets of pictures, with the feature model that they are of."""
    others = [kind for kind in measures.statistics if kind != PHOTOS]
    if measures.count < 2:
        return {}
    statistics, kept = measures.statistics, measures.kept
    names = {kind: f"{SAMPLED}, {kind}" if kind in seeded else kind for kind in others}
    return {
        "frechet_distance": {"features": model.name, "pictures": measures.count}
        | {names[kind]: frechet_distance(statistics[PHOTOS], statistics[kind]) for kind in others},
        "kernel_distance": {"features": model.name, "pictures": len(kept[PHOTOS])}
        | {names[kind]: kernel_distance(kept[PHOTOS], kept[kind]) for kind in others if len(kept[PHOTOS]) > 1},
    }


def diversity_as_json(measures: Measures, seeded: Sequence[str]) -> dict[str, Any]:
    """How much pictures in the styles of different seeds differ."""
    if len(seeded) < 2:
        return {}
    found = {"pairs_of_seeds": len(seeded) * (len(seeded) - 1) // 2, "l1": measures.mean("diversity_l1")}
    if measures.mean("diversity_perceptual") is not None:
        found["perceptual"] = {"features": _PERCEPTUAL, "value": measures.mean("diversity_perceptual")}
    return {"diversity": found}


def segmentation_as_json(scores: dict[str, SegmentationScores], label_set: LabelSet) -> dict[str, Any]:
    """Scores of each kind of picture, and their ratio to those of the photos."""
    found = {}
    for kind, each in scores.items():
        found[kind] = scores_as_json(each, label_set)
        if kind != PHOTOS:
            found[kind]["ratio_to_photos"] = {
                name: finite(getattr(each, name) / getattr(scores[PHOTOS], name)) if getattr(scores[PHOTOS], name) else None
                for name in ("pixel_accuracy", "class_accuracy", "mean_iou")
            }
    return found


def print_report(
    result: dict[str, Any], scores: dict[str, SegmentationScores], label_set: LabelSet, *, has_classes: bool, has_styles: bool
) -> None:
    """Prints a line about L1, and the scores of the judge beside those of the photos.

    Args:
        result: what evaluation.json holds.
        scores: what `segmentation_scores` returned.
        label_set: the data's classes.
        has_classes: whether the pictures are made of label maps, rather than of pictures, whose yardstick has one colour alone.
        has_styles: whether the pictures are in the photos' own styles.
    """
    own, baseline = result["l1_encoder"], result.get("l1_class_colors")
    styles = " in the photos' own styles" if has_styles else ""
    line = f"{result['pictures']} pictures of {result['split']}: mean L1 {own:.4f}{styles}"
    if baseline is not None:
        relation = "lower" if own < baseline else "higher"
        painted = "class colours" if has_classes else "the mean colour of the training pictures"
        line += f", {baseline:.4f} painted in {painted}: {abs(result['l1_reduction']):.1%} {relation}"
    print(line)
    shown = {title: scores[kind] for kind, title in _TITLES.items() if kind in scores}
    if not shown:
        return
    print_scores(shown, label_set)
    if scores[PHOTOS].pixel_accuracy < _LEAST_ACCURACY:
        print(
            f"warning: the segmenter reads only {scores[PHOTOS].pixel_accuracy:.1%} of the real photos' pixels right, so its "
            "scores say little; see that --pixels and its classes are right, and that it was trained on such photos"
        )
    for kind, title in _TITLES.items():
        if kind in scores and kind != PHOTOS:
            ratio = result["segmentation"][kind]["ratio_to_photos"]
            parts = (
                f"{_words(ratio['pixel_accuracy'])} of the real photos' pixel accuracy",
                f"{_words(ratio['mean_iou'])} of their mean IoU",
            )
            print(f"{title}: {', '.join(parts)}")


def _words(ratio: float | None) -> str:
    return "undefined" if ratio is None else f"{ratio:.3f}"
