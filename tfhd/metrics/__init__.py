"""Measures of the quality of synthesized images, and a baseline to compare them with."""

from tfhd.metrics.image_difference import mean_l1
from tfhd.metrics.mean_color_baseline import class_mean_colors, paint_classes

__all__ = ["class_mean_colors", "mean_l1", "paint_classes"]
