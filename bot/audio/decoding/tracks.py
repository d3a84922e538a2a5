"""Which sound tracks of a file are transcribed. Pure.

Most files have one. Screen recorders write the desktop's sound and the microphone as two, cameras one for each
microphone, films one for each language.
"""

from collections.abc import Sequence
from dataclasses import dataclass

_NO_LANGUAGE = frozenset({"", "und", "mis", "mul", "zxx"})  # ISO 639-2 codes that name no language


@dataclass(frozen=True, slots=True)
class Track:
    """A sound track that can be decoded. `index` is FFmpeg's, `default` its mark, `language` its tag or ""."""

    index: int
    default: bool
    language: str
    has_sound: bool  # more than digital silence, as far as it was decoded


def choose(tracks: Sequence[Track], container: str) -> list[int]:
    """The indexes of the tracks to mix, in the file's order: at least one of `tracks`, which must not be empty.

    1. The one that is marked as the default, if it has sound.
    2. Else the one that has sound. If several have, and they are translations of each other (their language tags
       differ), the first of them; otherwise all that have sound, since each may be somebody's microphone.
    3. If none has sound, the default or the first.
    """
    marked = [track for track in tracks if track.default]
    # Writers of MP4 have to enable one track of each kind and enable the first: that marks nothing.
    if "mp4" in container.split(",") and marked == list(tracks[:1]):
        marked = []
    if len(marked) == 1 and marked[0].has_sound:
        return [marked[0].index]
    heard = [track for track in tracks if track.has_sound]
    if not heard:
        return [(marked or list(tracks))[0].index]
    if len({track.language for track in heard} - _NO_LANGUAGE) > 1:
        return [heard[0].index]
    return [track.index for track in heard]
