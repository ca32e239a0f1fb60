"""Signs that files are read as something else than they mean: a training would run, and learn wrong labels."""

from __future__ import annotations

from collections.abc import Iterator

from tfhd.data.inspection.instance_fit import InstanceFit
from tfhd.data.inspection.photo_light import CLIPPED_SHARE, DARK
from tfhd.data.inspection.split_statistics import SplitStatistics
from tfhd.pictures import list_paths
from tfhd.readers import InstanceIds

_OUTSIDE_SHARE = 0.1
"""Right maps have none to 4 % of their pixels outside their instance's majority class, wrong ones 45 to 50 %."""


def find_misreadings(split: str, found: SplitStatistics, instance_ids: InstanceIds) -> Iterator[str]:
    """Yields a line for each sign: what, on how many pixels or files, and what reads them right.

    Args:
        split: its name.
        found: what its files hold.
        instance_ids: what ids of instance maps were taken to mean.
    """
    if instance_ids != "per_class":
        yield from _find_wrong_instance_ids(split, found.fit, instance_ids)
    fit = found.fit
    if fit.numbered and not fit.matching:
        yield (
            f"{split}: ids of instance maps name classes by their thousands (26001: class 26) on {fit.numbered} pixels, and the "
            "label maps have another id on every one of them, as trainIds do; give label maps of ids (*_labelIds.png), or a "
            "label set that lists what the files hold"
        )
    if found.smoothed:
        yield (
            f"{split}: {len(found.smoothed)} label maps look interpolated, with ids of other classes between two neighbours: "
            f"{list_paths(found.smoothed)}; resize and rotate label maps with nearest neighbours"
        )
    if found.outlined:
        yield (
            f"{split}: {len(found.outlined)} label maps have lines one pixel wide of an id between those on both sides: "
            f"{list_paths(found.outlined)}; right where a class of outlines is meant; else they were interpolated: resize with "
            "nearest neighbours"
        )
    if found.smoothed_instances:
        yield (
            f"{split}: {len(found.smoothed_instances)} instance maps look interpolated, with ids that no object has between two "
            f"neighbours: {list_paths(found.smoothed_instances)}; resize and rotate instance maps with nearest neighbours"
        )
    if found.transparent:
        yield (
            f"{split}: {len(found.transparent)} photos have transparent pixels, which are trained in whatever colour they have: "
            f"{list_paths(found.transparent)}; put these photos on a background, and save them without transparency"
        )
    if found.black:
        yield (
            f"{split}: {_photos(found, len(found.black))} nearly black, with no channel above {DARK} of 255, as 10 to 14 bits "
            f"in a 16-bit file are: {list_paths(found.black)}; scale them to the whole range"
        )
    if found.clipped:
        yield (
            f"{split}: {_photos(found, len(found.clipped))} clipped, with more than {CLIPPED_SHARE:.0%} of all channels at 0 or "
            f"255: {list_paths(found.clipped)}; see that photos were saved whole, and that they are photos"
        )


def _find_wrong_instance_ids(split: str, fit: InstanceFit, instance_ids: InstanceIds) -> Iterator[str]:
    share, without_zero = fit.outside_share, fit.outside_share_without_zero
    if instance_ids == "zero_is_none":
        share = without_zero
    if share <= _OUTSIDE_SHARE:
        return
    numbers = f"{split}: {share:.0%} of the pixels of instance maps have another class than most of their instance"
    if without_zero <= _OUTSIDE_SHARE:
        yield (
            f"{numbers}, and {without_zero:.0%} where id 0 is left out, as if 0 were no object; set data.instance_ids to "
            "zero_is_none (check-data --instance-ids zero_is_none)"
        )
    else:
        yield (
            f"{numbers} (right maps: under {_OUTSIDE_SHARE:.0%}), as if ids started again in every class; set data.instance_ids "
            "to per_class (check-data --instance-ids per_class), or see that label and instance maps belong together"
        )


def _photos(found: SplitStatistics, number: int) -> str:
    return f"{number} of {found.sizes.total()} photos {'is' if number == 1 else 'are'}"
