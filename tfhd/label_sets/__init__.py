"""Label sets: which classes there are, which raw values in label files mean them, how they look, which can be counted."""

from tfhd.label_sets.class_lists import distinct_color, load_class_list
from tfhd.label_sets.label_set import LABEL_SET_NAMES, MAX_ID, ONE_CLASS, LabelClass, LabelSet, load_label_set
from tfhd.label_sets.raw_ids import class_of_id, map_labels

__all__ = [
    "LABEL_SET_NAMES",
    "MAX_ID",
    "ONE_CLASS",
    "LabelClass",
    "LabelSet",
    "class_of_id",
    "distinct_color",
    "load_class_list",
    "load_label_set",
    "map_labels",
]
