"""The judge: a network that names the classes of a photo's pixels, trained here or elsewhere."""

from tfhd.segmentation.foreign_models import keras_runner
from tfhd.segmentation.scored_classes import ignored_classes
from tfhd.segmentation.segmenter import PixelRange, Segmenter, SegmenterCard, load_segmenter, write_segmenter
from tfhd.segmentation.training import SegmenterTraining

__all__ = [
    "PixelRange",
    "Segmenter",
    "SegmenterCard",
    "SegmenterTraining",
    "ignored_classes",
    "keras_runner",
    "load_segmenter",
    "write_segmenter",
]
