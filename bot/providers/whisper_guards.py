"""Recognising what a Whisper model made up out of silence, noise or music, by the marks that it gives itself."""

from collections.abc import Sequence
from typing import Final

# OpenAI's thresholds for silence and for going round in circles, which count where the model also guesses badly.
_NO_SPEECH: Final = 0.6
_REPETITIVE: Final = 2.4
_DOUBTED_LOGPROB: Final = -0.7
_LOGPROB: Final = -1.0
_ECHO_LOGPROB: Final = -0.5  # below it, nothing but vocabulary is the model repeating its prompt


def is_made_up(avg_logprob: float | None, no_speech_prob: float | None, compression_ratio: float | None) -> bool:
    """Whether nobody said this segment. A mark that is missing speaks for the segment.

    Repetition alone proves nothing: people repeat themselves, and then the model is sure of its words.
    """
    sure = 0.0 if avg_logprob is None else avg_logprob
    doubted = (no_speech_prob or 0.0) > _NO_SPEECH or (compression_ratio or 0.0) > _REPETITIVE
    return sure < _LOGPROB or (doubted and sure < _DOUBTED_LOGPROB)


def is_echo(text: str, avg_logprob: float | None, vocabulary: Sequence[str]) -> bool:
    """Whether the model, unsure, only repeats the vocabulary that it was given."""
    given = {_bare(word) for entry in vocabulary for word in entry.split()}
    said = {_bare(word) for word in text.split()} - {""}
    return bool(said) and said <= given and avg_logprob is not None and avg_logprob < _ECHO_LOGPROB


def _bare(word: str) -> str:
    return "".join(character for character in word.casefold() if character.isalnum())
