"""Reads the tensors of a PyTorch checkpoint without PyTorch, and without running anything that is in it.

A checkpoint is a zip archive with a pickle, `data.pkl`, and one file for each storage (torch.serialization). A pickle
is a program: this reader resolves only the names that rebuild a tensor, everything else becomes an inert object.
"""

import io
import pickle
import zipfile
from collections import OrderedDict
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

Tensor = NDArray[Any]

_STORAGES = {
    "FloatStorage": np.float32,
    "DoubleStorage": np.float64,
    "HalfStorage": np.float16,
    "LongStorage": np.int64,
}
_STATE_KEYS = ("state_dict", "model_state")  # where training programs put the tensors beside other things


class CheckpointError(Exception):
    """The file is not a checkpoint that this reader knows."""


class _Inert:
    """Stands for anything that is not a tensor; accepts what an unpickler does to it and does nothing."""

    def __init__(self, *_: object, **__: object) -> None: ...

    def __call__(self, *_: object, **__: object) -> "_Inert":
        return self

    def __setstate__(self, _: object) -> None: ...

    def append(self, _: object) -> None: ...

    def extend(self, _: object) -> None: ...

    def __setitem__(self, *_: object) -> None: ...


class _TensorReader(pickle.Unpickler):
    def __init__(self, file: io.BytesIO, storage: Callable[[str], bytes]) -> None:
        super().__init__(file)
        self._storage = storage

    def find_class(self, module: str, name: str) -> Any:
        match module, name:
            case "collections", "OrderedDict":
                return OrderedDict
            case "torch._utils", "_rebuild_tensor_v2":
                return self._tensor
            case "torch._utils", "_rebuild_parameter":
                return _first
            case "torch", _ if name in _STORAGES:
                return name
        return _Inert

    def persistent_load(self, pid: Any) -> tuple[str, str]:
        """A storage is referred to as ("storage", type, key, device, size)."""
        _, kind, key, *_ = pid
        if kind not in _STORAGES:
            raise CheckpointError(f"storage type {kind!r}")
        return str(kind), str(key)

    def _tensor(
        self, storage: tuple[str, str], offset: int, size: tuple[int, ...], stride: tuple[int, ...], *_: object
    ) -> Tensor:
        kind, key = storage
        flat: Tensor = np.frombuffer(self._storage(key), _STORAGES[kind])
        last = offset + sum((n - 1) * step for n, step in zip(size, stride, strict=True))
        if min((offset, *size, *stride)) < 0 or (0 not in size and last >= len(flat)):
            raise CheckpointError("a tensor reaches beyond its storage")
        steps = [step * flat.itemsize for step in stride]
        return np.ascontiguousarray(np.lib.stride_tricks.as_strided(flat[offset:], size, steps))


def read_tensors(data: bytes) -> dict[str, Tensor]:
    """Name -> array of the state dict in a checkpoint's bytes. Raises `CheckpointError`."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            root = next(name for name in archive.namelist() if name.endswith("/data.pkl"))[: -len("data.pkl")]
            reader = _TensorReader(
                io.BytesIO(archive.read(f"{root}data.pkl")), lambda key: archive.read(f"{root}data/{key}")
            )
            content = reader.load()
    except (zipfile.BadZipFile, StopIteration, pickle.UnpicklingError, KeyError, ValueError, TypeError) as error:
        raise CheckpointError(f"not a checkpoint: {type(error).__name__}") from error
    for key in _STATE_KEYS:
        if isinstance(content, dict) and key in content:
            content = content[key]
    if not isinstance(content, dict):
        raise CheckpointError("no state dict")
    return {name: value for name, value in content.items() if isinstance(value, np.ndarray)}


def _first(tensor: Tensor, *_: object) -> Tensor:
    return tensor
