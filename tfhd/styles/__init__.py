"""Styles of instances: recorded from photos, clustered per class, chosen by seed, by number or as vectors."""

from tfhd.styles.clustering import cluster_styles
from tfhd.styles.extraction import InstanceFeatures, record_features
from tfhd.styles.table import StyleTable

__all__ = ["InstanceFeatures", "StyleTable", "cluster_styles", "record_features"]
