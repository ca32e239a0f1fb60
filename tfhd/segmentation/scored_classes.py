from __future__ import annotations

from tfhd.label_sets import LabelSet

_VOID_NAMES = frozenset(
    {
        *("unlabelled", "unlabeled", "void", "ignore", "ignored", "don't care", "dont care"),
        # Cityscapes' category void, which its benchmark leaves out as well.
        *("ego vehicle", "rectification border", "out of roi", "static", "dynamic", "ground"),
    }
)


def ignored_classes(label_set: LabelSet) -> tuple[int, ...]:
    """Indices of the classes that are not judged: those whose names say that pixels have no class, or none of interest."""
    return tuple(index for index, name in enumerate(label_set.names) if name.lower() in _VOID_NAMES)
