"""Tensor bundles in NumPy: `encode`, `decode` and the types that they may hold."""

import numpy as np

# ONNX's numbers for element types, which are also the bundle's.
TYPES = {
    1: np.float32,
    2: np.uint8,
    3: np.int8,
    4: np.uint16,
    5: np.int16,
    6: np.int32,
    7: np.int64,
    8: np.str_,
    9: np.bool_,
    10: np.float16,
    11: np.float64,
    12: np.uint32,
    13: np.uint64,
}


def compact(number):
    """A number as SCALE's compact integer."""
    if number < 1 << 6:
        return (number << 2).to_bytes(1, "little")
    if number < 1 << 14:
        return (number << 2 | 1).to_bytes(2, "little")
    if number < 1 << 30:
        return (number << 2 | 2).to_bytes(4, "little")
    length = max(4, (number.bit_length() + 7) // 8)
    return bytes([(length - 4) << 2 | 3]) + number.to_bytes(length, "little")


def with_length(data):
    return compact(len(data)) + data


def little_endian(array):
    """The bytes of an array, with the one NaN that its type has in a bundle; text as its length in four bytes and its UTF-8."""
    if array.dtype.kind in "UO":
        return b"".join(len(text := str(element).encode()).to_bytes(4, "little") + text for element in array.ravel())
    if array.dtype.kind == "f":
        array = np.where(np.isnan(array), np.array(np.nan, array.dtype), array).astype(array.dtype)
    return np.ascontiguousarray(array).astype(array.dtype.newbyteorder("<")).tobytes()


def encode(tensors):
    """Bytes of a bundle of (name, element type, array)."""
    out = compact(len(tensors))
    for name, data_type, array in tensors:
        out += with_length(name.encode()) + bytes([data_type]) + compact(array.ndim)
        out += b"".join(int(dim).to_bytes(8, "little") for dim in array.shape)
        out += with_length(little_endian(array))
    return out


def texts(data):
    found, place = [], 0
    while place < len(data):
        end = place + 4 + int.from_bytes(data[place : place + 4], "little")
        found.append(data[place + 4 : end].decode())
        place = end
    return np.array(found, object)


def decode(data):
    """A dictionary of arrays by name, in the bundle's order."""
    place = 0

    def take(count):
        nonlocal place
        place += count
        return data[place - count : place]

    def number():
        first = data[place]
        if first & 3 == 3:
            return int.from_bytes(take(5 + (first >> 2))[1:], "little")
        return int.from_bytes(take(1 << (first & 3)), "little") >> 2

    tensors = {}
    for _ in range(number()):
        name = take(number()).decode()
        data_type = TYPES[take(1)[0]]
        shape = [int.from_bytes(take(8), "little") for _ in range(number())]
        content = take(number())
        array = texts(content) if data_type is np.str_ else np.frombuffer(content, np.dtype(data_type).newbyteorder("<"))
        tensors[name] = array.reshape(shape)
    return tensors
