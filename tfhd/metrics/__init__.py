"""Measures of the quality of synthesized images, and a baseline to compare them with."""

from tfhd.metrics.feature_distances import FeatureStatistics, frechet_distance, kernel_distance
from tfhd.metrics.feature_models import FeatureModel, feature_distance, inception_v3_model, vgg19_model
from tfhd.metrics.image_difference import mean_l1
from tfhd.metrics.image_similarity import SMALLEST_SIDE, psnr, ssim, style_diversity
from tfhd.metrics.mean_color_baseline import class_mean_colors, paint_classes
from tfhd.metrics.segmentation_scores import ConfusionMatrix, SegmentationScores

__all__ = [
    "SMALLEST_SIDE",
    "ConfusionMatrix",
    "FeatureModel",
    "FeatureStatistics",
    "SegmentationScores",
    "class_mean_colors",
    "feature_distance",
    "frechet_distance",
    "inception_v3_model",
    "kernel_distance",
    "mean_l1",
    "paint_classes",
    "psnr",
    "ssim",
    "style_diversity",
    "vgg19_model",
]
