"""Looks at what a message holds before it is read, because a few bytes of it may take much more memory as objects."""

from __future__ import annotations

from google.protobuf.descriptor import Descriptor, FieldDescriptor

from tfhd_client import Code, ServingError

_MOST = 2**16
"""Limit of fields in a message with all that is in it; numbers one by one, packed as proto3 packs them, are one field."""
_VARINT, _EIGHT_BYTES, _LENGTH, _FOUR_BYTES = 0, 1, 2, 5
_VARINT_BYTES = 10
_SIZES = {
    FieldDescriptor.TYPE_INT32: 4,
    FieldDescriptor.TYPE_UINT32: 4,
    FieldDescriptor.TYPE_INT64: 8,
    FieldDescriptor.TYPE_UINT64: 8,
}
"""Bytes of a number in memory, of kinds that may take a single byte in a message."""


def packed_bytes(message: bytes, kind: Descriptor) -> int:
    """Returns the memory in bytes that packed numbers may take once a message is read.

    Args:
        message: as it arrived.
        kind: what it should be.

    Raises:
        ServingError: INVALID_ARGUMENT, the message holds too many fields. Of one that is damaged nothing is said.
    """
    waiting, left, size = [(0, len(message), kind)], _MOST, 0
    while waiting:
        place, end, descriptor = waiting.pop()
        while place < end:
            if not left:
                raise ServingError(Code.INVALID_ARGUMENT, f"the request has more than {_MOST} fields; send fewer, or pack them")
            left -= 1
            tag, place = _varint(message, place, end)
            if tag & 7 == _VARINT:
                place = _varint(message, place, end)[1]
            elif tag & 7 in (_EIGHT_BYTES, _FOUR_BYTES):
                place += 8 if tag & 7 == _EIGHT_BYTES else 4
            elif tag & 7 == _LENGTH:
                length, place = _varint(message, place, end)
                field = descriptor.fields_by_number.get(tag >> 3)
                if field is not None and field.type == FieldDescriptor.TYPE_MESSAGE:
                    waiting.append((place, min(place + length, end), field.message_type))
                elif field is not None:
                    size += _SIZES.get(field.type, 0) * length
                place += length
            else:
                return size  # damaged, or of a kind that none of our messages has
    return size


def _varint(message: bytes, place: int, end: int) -> tuple[int, int]:
    """Returns the number at a place and the place after it; where the message is damaged, its end."""
    number = 0
    for index, byte in enumerate(message[place : min(place + _VARINT_BYTES, end)]):
        number |= (byte & 127) << 7 * index
        if byte < 128:
            return number, place + index + 1
    return 0, end
