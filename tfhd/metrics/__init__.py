"""How good synthesized pictures are."""

from tfhd.metrics.image_similarity import mean_l1
from tfhd.metrics.mean_color_baseline import class_mean_colors, paint_classes

__all__ = ["class_mean_colors", "mean_l1", "paint_classes"]
