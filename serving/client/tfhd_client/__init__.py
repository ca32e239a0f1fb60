"""Pictures from a server of a tfhd model, without TensorFlow: NumPy, Pillow and gRPC are enough."""

from __future__ import annotations

from importlib import import_module
from typing import Any

_MODULES = {
    "client": ["AsyncClient", "Client"],
    "errors": ["Code", "InputError", "ServingError"],
    "messages": ["declare_messages"],
    "pictures": ["MAX_ID", "File", "id_png", "read_ids", "read_photo", "read_size", "verify_ids", "verify_photo"],
    "requests": ["Arrays", "ModelDescription", "Picture"],
    "style_map": ["read_style_counts", "style_map"],
    "transport": ["TLS", "Transport"],
}
_MODULE_OF = {name: module for module, names in _MODULES.items() for name in names}

__all__ = sorted(_MODULE_OF)


def __getattr__(name: str) -> Any:
    # gRPC takes a tenth of a second to import, which what only reads pictures does without.
    if name not in _MODULE_OF:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(f"{__name__}.{_MODULE_OF[name]}"), name)
    globals()[name] = value
    return value
