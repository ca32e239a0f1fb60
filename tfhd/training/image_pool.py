from __future__ import annotations

from collections.abc import Mapping

import numpy as np

KEYS = ("label", "instance", "image")


class ImagePool:
    """Earlier fakes, of which the discriminators are shown one instead of the newest half of the time.

    All randomness follows from the seed and the step, so a pool with the same pictures goes on the same after a resume.

    Args:
        size: pictures kept.
        seed: of the draws.

    Reference:
        Shrivastava et al., "Learning from Simulated and Unsupervised Images through Adversarial Training", CVPR 2017.
    """

    def __init__(self, size: int, seed: int) -> None:
        self.size, self.seed = size, seed
        self._pictures: dict[str, np.ndarray] = {}
        self._slots = np.zeros(0, np.int64)

    def arrays(self) -> dict[str, np.ndarray]:
        """What a checkpoint holds: label int32 `(n, H, W)`, instance int32, image float32 `(n, H, W, C)`; empty at first."""
        return dict(self._pictures)

    def restore(self, arrays: Mapping[str, np.ndarray]) -> None:
        """Takes back what `arrays` returned."""
        self._pictures = dict(arrays)

    def draw(self, batch: Mapping[str, np.ndarray], step: int) -> dict[str, np.ndarray]:
        """What the discriminators are shown at a step.

        Args:
            batch: label int32 `(N, H, W)`, instance int32 `(N, H, W)`, image float32 `(N, H, W, C)`.
            step: number of the step.

        Returns:
            label, instance, image as in `batch`, and earlier, bool `(N,)`: where it is set the other entries are those of an
            earlier fake; elsewhere they are the batch's own and the newest fake is to be shown.
        """
        count = len(batch["label"])
        random = np.random.default_rng((self.seed, step))
        held = len(self._pictures.get("label", ()))
        chosen = random.permutation(max(held, count))[:count]  # no two of one batch take the same picture
        earlier = (random.random(count) > 0.5) & (chosen < held) & (held >= self.size)
        # A pool that is not full keeps every new fake; a full one only those that replace a picture that was shown.
        free = np.cumsum(~earlier) - 1 + held
        self._slots = np.where(earlier, chosen, np.where(free < self.size, free, -1))
        drawn = {key: np.array(batch[key]) for key in KEYS}
        for key in KEYS if earlier.any() else ():
            drawn[key][earlier] = self._pictures[key][chosen[earlier]]
        return {**drawn, "earlier": earlier}

    def store(self, batch: Mapping[str, np.ndarray], fakes: np.ndarray) -> None:
        """Keeps the newest fakes, float32 `(N, H, W, C)`, in the places that the last `draw` chose for them."""
        newest = {**{key: np.asarray(batch[key]) for key in KEYS}, "image": np.asarray(fakes)}
        for index, slot in enumerate(self._slots):
            if slot < 0:
                continue
            for key in KEYS:
                picture = newest[key][index : index + 1]
                if slot < len(self._pictures.get(key, ())):
                    self._pictures[key][slot] = picture[0]
                else:
                    self._pictures[key] = (
                        np.concatenate([self._pictures[key], picture]) if key in self._pictures else picture.copy()
                    )
