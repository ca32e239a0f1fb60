"""k-means of the recorded instance features, one clustering per class."""

from __future__ import annotations

import numpy as np

# k-means with k-means++ starts, many restarts and a seed.
from sklearn.cluster import KMeans

from tfhd.styles.extraction import InstanceFeatures
from tfhd.styles.table import StyleTable


def cluster_styles(
    features: InstanceFeatures, num_classes: int, num_clusters: int = 10, min_share: float = 1 / 64, seed: int = 0
) -> StyleTable:
    """Groups the recorded instances of every class into its styles (paper section 3.4).

    A class is clustered from those of its instances that cover more than `min_share` of their image, as in the released
    code, since vectors of a few pixels are noise. If none of its instances is that large, all of them are used. A class gets
    `num_clusters` styles, or one per distinct vector if there are fewer, ordered by the number of instances in each cluster.
    A class without instances gets no styles; its rows of the table hold the mean vector of all instances (zeros if there are
    none at all).

    Args:
        features: from `record_features`.
        num_classes: classes of the label set.
        num_clusters: the largest number of styles per class (K).
        min_share: the share of the image that an instance must exceed to be used.
        seed: seed of k-means.
    """
    channels = features.feature.shape[1]
    centers = np.zeros((num_classes, num_clusters, channels), np.float32)
    counts = np.zeros(num_classes, np.int32)
    if len(features.feature):
        centers[:] = features.feature.mean(axis=0)
    for index in range(num_classes):
        of_class = features.class_index == index
        large = of_class & (features.share > min_share)
        points = features.feature[large if large.any() else of_class]
        if len(points):
            found = _centers(points, num_clusters, seed)
            counts[index] = len(found)
            centers[index] = found[0]
            centers[index, : len(found)] = found
    return StyleTable(centers, counts)


def _centers(points: np.ndarray, num_clusters: int, seed: int) -> np.ndarray:
    """Cluster centres (k, C) of `points` (n, C), largest cluster first."""
    points = points.astype(np.float64)
    # k-means warns if it is asked for more clusters than there are distinct points.
    clusters = min(num_clusters, len(np.unique(points, axis=0)))
    means = KMeans(clusters, n_init=10, random_state=seed).fit(points)
    sizes = np.bincount(means.labels_, minlength=clusters)
    return means.cluster_centers_[np.argsort(-sizes, kind="stable")]
