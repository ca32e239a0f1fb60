"""How good synthesized pictures are."""

from tfhd.metrics.class_colors import class_mean_colors, paint_classes
from tfhd.metrics.image_similarity import mean_l1

__all__ = ["class_mean_colors", "mean_l1", "paint_classes"]
