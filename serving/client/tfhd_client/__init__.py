"""Pictures from a server of a tfhd model, without TensorFlow: NumPy, Pillow and gRPC are enough.

The names in `__all__` are the public ones; the modules that define them are not, and may change.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

# What type checkers see; a test holds it to be what is imported below.
if TYPE_CHECKING:
    from .client import AsyncClient as AsyncClient
    from .client import Client as Client
    from .errors import Code as Code
    from .errors import InputError as InputError
    from .errors import ServingError as ServingError
    from .exact_pictures import read_picture as read_picture
    from .id_maps import id_png as id_png
    from .id_maps import read_ids as read_ids
    from .id_maps import verify_ids as verify_ids
    from .label_classes import LabelClasses as LabelClasses
    from .label_maps import LabelMap as LabelMap
    from .label_maps import needs_label_set as needs_label_set
    from .label_maps import read_label_map as read_label_map
    from .label_maps import read_labels as read_labels
    from .map_pixels import MAX_ID as MAX_ID
    from .messages import declare_messages as declare_messages
    from .photos import is_transparent as is_transparent
    from .photos import photo_orientation as photo_orientation
    from .photos import read_photo as read_photo
    from .photos import read_size as read_size
    from .photos import verify_photo as verify_photo
    from .pictures import File as File
    from .pixel_styles import read_style_counts as read_style_counts
    from .pixel_styles import style_map as style_map
    from .requests import Arrays as Arrays
    from .requests import LabelClass as LabelClass
    from .requests import ModelDescription as ModelDescription
    from .requests import Picture as Picture
    from .requests import PictureKind as PictureKind
    from .target import TLS as TLS
    from .transport import AsyncTransport as AsyncTransport
    from .transport import Transport as Transport

_MODULES = {
    "client": ["AsyncClient", "Client"],
    "errors": ["Code", "InputError", "ServingError"],
    "exact_pictures": ["read_picture"],
    "id_maps": ["id_png", "read_ids", "verify_ids"],
    "label_classes": ["LabelClasses"],
    "label_maps": ["LabelMap", "needs_label_set", "read_label_map", "read_labels"],
    "map_pixels": ["MAX_ID"],
    "messages": ["declare_messages"],
    "photos": ["is_transparent", "photo_orientation", "read_photo", "read_size", "verify_photo"],
    "pictures": ["File"],
    "pixel_styles": ["read_style_counts", "style_map"],
    "requests": ["Arrays", "LabelClass", "ModelDescription", "Picture", "PictureKind"],
    "target": ["TLS"],
    "transport": ["AsyncTransport", "Transport"],
}
_MODULE_OF = {name: module for module, names in _MODULES.items() for name in names}

__all__ = sorted(_MODULE_OF)


def __getattr__(name: str) -> Any:
    # gRPC takes a tenth of a second to import, which programs that only read pictures need not spend.
    if name not in _MODULE_OF:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(f"{__name__}.{_MODULE_OF[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return __all__
