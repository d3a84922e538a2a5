"""Bundled sample recordings that the page offers: a directory with an `index.json`, which may be absent."""

from __future__ import annotations

import json
from pathlib import Path

from simulators.slack.wire import Json, as_objects, as_text

AUDIO = {".wav", ".mp3", ".m4a", ".ogg", ".webm", ".flac", ".mp4"}


class Samples:
    """The samples of a directory; without an index, its audio files."""

    def __init__(self, directory: Path | None) -> None:
        self._directory = directory or Path(__file__).parents[2] / "samples"

    def listing(self) -> list[Json]:
        """Return `{name, title, licence}` of each sample that is there."""
        try:
            index: object = json.loads((self._directory / "index.json").read_text(encoding="utf-8"))
        except (OSError, ValueError):
            files = sorted(self._directory.glob("*")) if self._directory.is_dir() else []
            return [{"name": f.name, "title": f.stem, "licence": ""} for f in files if f.suffix in AUDIO]
        return [
            {key: as_text(entry.get(key)) for key in ("name", "title", "licence")}
            for entry in as_objects(index)
            if (self._directory / as_text(entry.get("name"))).is_file()
        ]

    def path(self, name: str) -> Path | None:
        """Return a listed sample's path, None for any other name."""
        return self._directory / name if any(e["name"] == name for e in self.listing()) else None

    def title(self, name: str) -> str:
        """Return a listed sample's title."""
        return next((as_text(e["title"]) for e in self.listing() if e["name"] == name), name)
