"""Files of tensors: the length of a header, the header in JSON, and the numbers."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

_TYPES: dict[str, np.dtype[Any]] = {
    "F32": np.dtype("<f4"),
    "F16": np.dtype("<f2"),
    "F64": np.dtype("<f8"),
    "I64": np.dtype("<i8"),
}
_LONGEST_HEADER = 100_000_000


def read(path: Path) -> dict[str, NDArray[np.float32]]:
    """The tensors of a file by name, as 32-bit floats, those of whole numbers left out.

    Raises:
        ValueError: It is no such file, or has numbers of another type.
    """
    data = np.memmap(path, dtype=np.uint8, mode="r")
    length = int.from_bytes(data[:8].tobytes(), "little")
    if len(data) < 8 or length > min(len(data) - 8, _LONGEST_HEADER):
        raise ValueError(f"{path} is no file of tensors: its header is longer than itself")
    try:
        header = json.loads(data[8 : 8 + length].tobytes())
    except ValueError as error:
        raise ValueError(f"{path} is no file of tensors: {error}") from error
    body = data[8 + length :]
    tensors = {}
    for name, entry in header.items():
        if name == "__metadata__":
            continue
        kind = _TYPES.get(entry["dtype"])
        if kind is None:
            raise ValueError(f"{path}: {name} is of type {entry['dtype']}; {', '.join(_TYPES)} are read")
        start, end = entry["data_offsets"]
        if kind.kind == "i":
            continue
        values = np.frombuffer(body[start:end].tobytes(), dtype=kind)
        tensors[name] = values.reshape(entry["shape"]).astype(np.float32, copy=False)
    return tensors
