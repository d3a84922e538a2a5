"""Writes ONNX models: the few protobuf messages that a graph needs (onnx.proto3, format version 8, operator set 17).

The `onnx` package would do it as well, at 60 MB for one small file.
"""

import struct
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

_IR_VERSION, _OPSET = 8, 17
_ELEMENT_TYPES = {np.dtype(np.float32): 1, np.dtype(np.int64): 7}  # TensorProto.DataType
_FLOAT = 1
Attribute = int | float | str | Sequence[int]


class GraphBuilder:
    """A graph that grows node by node. Values are referred to by the names that `constant` and `add` return."""

    def __init__(self) -> None:
        self._nodes: list[bytes] = []
        self._constants: list[bytes] = []
        self._count = 0

    def constant(self, value: ArrayLike) -> str:
        """A float32 tensor that is part of the model."""
        return self._initializer(np.ascontiguousarray(np.asarray(value, np.float32)))

    def integers(self, *values: int) -> str:
        """An int64 vector that is part of the model."""
        return self._initializer(np.array(values, np.int64))

    def add(self, operator: str, *inputs: str, **attributes: Attribute) -> str:
        """A node; returns the name of its (first) output."""
        output = self._name()
        self._nodes.append(_node(operator, inputs, output, attributes))
        return output

    def model(self, shape: Sequence[str | int], output: str) -> bytes:
        """The finished model: input "in" (float32, `shape`; a string is a dimension of any size), output "out"."""
        dimensions = b"".join(_field(1, _field(2, d) if isinstance(d, str) else _field(1, d)) for d in shape)
        source = _field(1, "in") + _field(2, _field(1, _field(1, _FLOAT) + _field(2, dimensions)))
        target = _field(1, "out") + _field(2, _field(1, _field(1, _FLOAT)))
        nodes = [*self._nodes, _node("Identity", [output], "out", {})]
        graph = [
            *(_field(1, node) for node in nodes),
            _field(2, "graph"),
            *self._constants,
            _field(11, source),
            _field(12, target),
        ]
        # One join: the tensors are most of the model, and each copy of them counts in the engine's memory.
        length = sum(len(part) for part in graph)
        operators = _field(8, _field(1, "") + _field(2, _OPSET))
        return b"".join([_field(1, _IR_VERSION), _varint(7 << 3 | 2), _varint(length), *graph, operators])

    def _initializer(self, array: NDArray[Any]) -> str:
        name = self._name()
        head = b"".join(_field(1, size) for size in array.shape) + _field(2, _ELEMENT_TYPES[array.dtype])
        head += _field(8, name) + _varint(9 << 3 | 2) + _varint(array.nbytes)
        self._constants += [_varint(5 << 3 | 2) + _varint(len(head) + array.nbytes) + head, array.tobytes()]
        return name

    def _name(self) -> str:
        self._count += 1
        return f"v{self._count}"


def _node(operator: str, inputs: Sequence[str], output: str, attributes: dict[str, Attribute]) -> bytes:
    parts = [*(_field(1, name) for name in inputs), _field(2, output), _field(4, operator)]
    return b"".join([*parts, *(_field(5, _attribute(name, value)) for name, value in attributes.items())])


def _attribute(name: str, value: Attribute) -> bytes:
    """AttributeProto: the value in the field of its type, and the type's number in field 20."""
    head = _field(1, name)
    match value:
        case int():
            return head + _field(3, value) + _field(20, 2)
        case float():
            return head + _varint(2 << 3 | 5) + struct.pack("<f", value) + _field(20, 1)
        case str():
            return head + _field(4, value) + _field(20, 3)
        case _:
            return head + b"".join(_field(8, number) for number in value) + _field(20, 7)


def _field(number: int, value: int | str | bytes) -> bytes:
    if isinstance(value, int):
        return _varint(number << 3) + _varint(value)
    data = value.encode() if isinstance(value, str) else value
    return _varint(number << 3 | 2) + _varint(len(data)) + data


def _varint(value: int) -> bytes:
    value &= 2**64 - 1  # negative numbers are written as their two's complement
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)
