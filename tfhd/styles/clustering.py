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

    A class is clustered from those of its instances that cover more than `min_share` of their picture, as in the released
    code: vectors of a few pixels are noise. A class of small things, none of which is that large, is clustered from all its
    instances. It gets `num_clusters` styles, or one for each different vector where these are fewer, ordered by how many
    instances they stand for. A class that was never seen gets no style, and the mean vector of all instances (zeros if there
    is none) to be painted with.

    Args:
        features: what `record_features` gave.
        num_classes: classes of the label set.
        num_clusters: most styles a class can have (K).
        min_share: an instance that covers no more of its picture than this is left out.
        seed: seed of k-means.
    """
    channels = features.feature.shape[1]
    centers = np.zeros((num_classes, num_clusters, channels), np.float32)
    counts = np.zeros(num_classes, np.int32)
    if len(features.feature):
        centers[:] = features.feature.mean(axis=0)
    for index in range(num_classes):
        ours = features.class_index == index
        large = ours & (features.share > min_share)
        points = features.feature[large if large.any() else ours]
        if len(points):
            found = _centers(points, num_clusters, seed)
            counts[index] = len(found)
            centers[index] = found[0]
            centers[index, : len(found)] = found
    return StyleTable(centers, counts)


def _centers(points: np.ndarray, num_clusters: int, seed: int) -> np.ndarray:
    """Centres (k, C) of `points` (n, C), that of the largest cluster first."""
    points = points.astype(np.float64)
    # k-means warns where it is asked for more clusters than there are different points.
    clusters = min(num_clusters, len(np.unique(points, axis=0)))
    means = KMeans(clusters, n_init=10, random_state=seed).fit(points)
    sizes = np.bincount(means.labels_, minlength=clusters)
    return means.cluster_centers_[np.argsort(-sizes, kind="stable")]
