"""Styles of photos that the page sends."""

from __future__ import annotations

from typing import Any

import numpy as np
from PIL import Image
from starlette.concurrency import run_in_threadpool

from tfhd.errors import InputError
from tfhd_client import AsyncClient, read_ids, read_photo

from .limits import require_small, size_of


async def crop_styles(client: AsyncClient, header: dict[str, Any], photo: bytes, instance: bytes) -> dict[int, np.ndarray]:
    """Reads styles from a photo.

    Args:
        client: asks the model.
        header: height and width of the scene, to whose size the photo is brought, since every model takes that; and `region`,
            the part of the photo to read as [left, top, right, bottom] in shares of 0..1, where there is no instance map.
        photo: a picture file.
        instance: a PNG of the photo's instance ids; or empty for `region`, whose style then is that of instance 1.

    Returns:
        Instance id to float32 `(C,)`.

    Raises:
        InputError: the photo or map cannot be read, sizes differ, the region is empty, or the model has no encoder.
    """
    size = size_of(header)
    image, ids = await run_in_threadpool(_read, photo, instance, header.get("region"), size)
    vectors = await client.encode(image, ids)
    if not instance:
        vectors = {ident: vector for ident, vector in vectors.items() if ident == 1}
        if not vectors:
            raise InputError("the region of the photo is empty; draw a larger one")
    return vectors


def _read(photo: bytes, instance: bytes, region: Any, size: tuple[int, int]) -> tuple[np.ndarray, np.ndarray]:
    require_small(photo, "the photo")
    image = Image.fromarray(read_photo(photo))
    if instance:
        require_small(instance, "the photo's instance map")
        ids = read_ids(instance)
        if ids.shape != (image.height, image.width):
            raise InputError("the photo and its instance map differ in size; give files of one size")
        rows, columns = (np.arange(new) * old // new for new, old in zip(size, ids.shape, strict=True))
        ids = ids[rows][:, columns]
    else:
        ids = _region_ids(region, size)
    return np.asarray(image.resize(size[::-1], Image.Resampling.BILINEAR)), ids


def _region_ids(region: Any, size: tuple[int, int]) -> np.ndarray:
    """1 inside the region and 0 around it."""
    try:
        left, top, right, bottom = (min(1.0, max(0.0, float(share))) for share in region)
    except (TypeError, ValueError):
        raise InputError("the region of the photo is not four numbers; reload the page") from None
    ids = np.zeros(size, np.int32)
    rows = slice(round(top * size[0]), round(bottom * size[0]))
    ids[rows, round(left * size[1]) : round(right * size[1])] = 1
    return ids
