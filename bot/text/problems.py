"""Why there is no transcript, said to a user: what happened and what to do, never content.

A part of a sentence in [square brackets] is left out when a parameter inside it is not known.
"""

import re
import unicodedata
from collections.abc import Mapping

from bot.domain.errors import Problem, ProblemCode
from bot.text.phrases import ENGLISH as ENGLISH_PHRASES
from bot.text.phrases import LOCAL, Phrases
from bot.text.translations import es, fr, hy

DETAIL_LIMIT = 200  # characters of a provider's own words that are passed on

ENGLISH: Mapping[ProblemCode, str] = {
    ProblemCode.NOT_AUDIO: "This file is not audio or video that I can read. "
    "Send a recording, for example as MP3, M4A, WAV, OGG, WebM, FLAC or MP4.",
    ProblemCode.EMPTY_FILE: "This file is empty. Record or export it again, then send it once more.",
    ProblemCode.CORRUPT: "This file is damaged and cannot be played. "
    "Export it again, best as MP3 or M4A, and send it once more.",
    ProblemCode.NO_AUDIO_TRACK: "This video has no sound, so there is nothing to transcribe. "
    "Send a recording that has sound.",
    ProblemCode.PROTECTED: "This file is copy-protected (DRM), so I cannot read it. Send an unprotected recording.",
    ProblemCode.TOO_LARGE: "This file is too large[: it has {size_mb} MB, and the limit is {limit_mb} MB]. "
    "Send it as MP3 at a lower bit rate (64 kbit/s is enough for speech) or in parts.",
    ProblemCode.TOO_LONG: "This recording is too long[: it lasts {minutes} minutes, "
    "and the limit is {limit_minutes} minutes]. Cut it into shorter parts and send those.",
    ProblemCode.NOT_CONVERTIBLE: "I could not convert this recording[ ({format})] "
    "into a format that can be transcribed. Send it as MP3 or M4A.",
    ProblemCode.LOGIN_PAGE: "Slack did not give me this file: this app lacks the files:read permission. "
    "Ask the app's administrator to add it, then try again.",
    ProblemCode.FILE_WITHHELD: "Slack did not give me this file, and does not say why. "
    "Try again in a few minutes; if that fails too, upload the file again.",
    ProblemCode.FILE_NOT_VISIBLE: "Slack does not let me read this file: the organisation or the conversation "
    "that it comes from does not share it with me. Download it and upload it here.",
    ProblemCode.FILE_GONE: "This file was deleted from Slack before I could read it. "
    "Upload it again if you still want a transcript.",
    ProblemCode.FILE_EXTERNAL: "This file is kept outside Slack (in Google Drive or Box, for example), "
    "where I cannot read it. Download it and upload it here.",
    ProblemCode.FILE_HIDDEN: "Slack hides this file because the workspace has reached the limit of its plan. "
    "Upload the file again, or ask a workspace admin.",
    ProblemCode.TRANSCRIPT_GONE: "The transcript was deleted before I could post it: by the app's administrator, "
    "or because of its age. Upload the recording again if you still want it.",
    ProblemCode.FILE_CHANGED: "What Slack delivered does not match the file that it announced, so I did not use it. "
    "Try again in a minute; if that fails too, upload the file again.",
    ProblemCode.NO_SUCH_PROVIDER: "{provider} is not set up here. "
    "Choose another service in /transcribe settings, or ask the app's administrator to set it up.",
    ProblemCode.PROVIDER_NOT_ALLOWED: "Recordings of this channel may not go to {provider}: the app's administrator "
    "has restricted it. Choose another service in /transcribe settings, then try again.",
    ProblemCode.NEEDS_PUBLIC_URL: "{provider} has to download the recording from this app, "
    "but the app has no public address. Ask the app's administrator to set PUBLIC_URL, "
    "or choose another service in /transcribe settings.",
    ProblemCode.LANGUAGE_UNSUPPORTED: "{provider} does not offer this language[ ({language})]. "
    "Choose another language or another service in /transcribe settings, then try again.",
    ProblemCode.PROVIDER_REFUSED: "{provider} refused this recording[ (it says: {detail})]. "
    "Check the recording, or choose another service in /transcribe settings and try again.",
    ProblemCode.PROVIDER_FAILED: "{provider} could not transcribe this recording[ (it says: {detail})]. "
    "Try again; if that fails too, choose another service in /transcribe settings.",
    ProblemCode.PROVIDER_DOWN: "{provider} cannot be reached at the moment, or is too busy. "
    "Your recording is safe in Slack; try again later.",
    ProblemCode.DEADLINE: "{provider} gave no result[ within {minutes} minutes], so I stopped waiting. "
    "Try again: I first ask for the result of the recording that it already has.",
    ProblemCode.ENGINE_CRASHED: "The speech engine stopped unexpectedly on this recording, more than once. "
    "Try again, or send it in shorter parts.",
    ProblemCode.NO_SPACE: "The computer that runs this app has no disk space left. "
    "Ask the app's administrator to free some, then try again.",
    ProblemCode.BOT_FAILED: "I failed on this recording because of an error in this app, not in the recording. "
    "Try again later; if that fails too, ask the app's administrator to check its log.",
}

TABLES: Mapping[str, Mapping[ProblemCode, str]] = {
    "en": ENGLISH,
    "hy": hy.PROBLEMS,
    "es": es.PROBLEMS,
    "fr": fr.PROBLEMS,
}

DEPENDS_ON_FILE = frozenset(
    {
        ProblemCode.NOT_AUDIO,
        ProblemCode.EMPTY_FILE,
        ProblemCode.CORRUPT,
        ProblemCode.NO_AUDIO_TRACK,
        ProblemCode.PROTECTED,
        ProblemCode.TOO_LARGE,
        ProblemCode.TOO_LONG,
        ProblemCode.NOT_CONVERTIBLE,
        ProblemCode.FILE_NOT_VISIBLE,
        ProblemCode.FILE_GONE,
        ProblemCode.FILE_EXTERNAL,
        ProblemCode.FILE_HIDDEN,
        ProblemCode.TRANSCRIPT_GONE,
    }
)
"""Problems for which trying the same recording again cannot help, so it is not offered."""

_LOCAL_NAMES = frozenset({LOCAL, "Local engine"})  # the key, and the title in the table of providers

_OPTIONAL = re.compile(r"\[([^\]]*)\]")
_PLACEHOLDER = re.compile(r"\{(\w+)\}")
_URL = re.compile(r"\b[a-z][a-z0-9+.-]*://\S*", re.IGNORECASE)
_EDGE_MARK = re.compile(r"(?<!\w)[_@!#]+|_+(?!\w)")  # emphasis and mentions act only at the edge of a word


def sentence(problem: Problem, phrases: Phrases = ENGLISH_PHRASES) -> str:
    """One or two sentences that say what happened and what to do, in the language of the phrases.

    A part whose parameter is missing is left out. The result is plain text in one line: values are cleaned of control
    characters, links and anything that Slack would take for markup.
    """
    values = {key: clean(value) for key, value in problem.params.items()}
    values["provider"] = _provider(problem.params.get("provider", ""), phrases)
    values = {key: value for key, value in values.items() if value}
    template = TABLES[phrases.locale][problem.code]
    text = _OPTIONAL.sub(lambda part: part[1] if _names(part[1]) <= values.keys() else "", template)
    text = _PLACEHOLDER.sub(lambda name: values.get(name[1], "…"), text)
    return text[:1].upper() + text[1:]


def clean(value: str) -> str:
    """A provider's own words made harmless: one short line, no control characters, links or markup."""
    value = _URL.sub("…", value)
    value = "".join(" " if unicodedata.category(c)[0] in "CZ" else c for c in value)
    value = re.sub(r"[*~`<>&|]", "", value)
    value = " ".join(_EDGE_MARK.sub("", value).split()).rstrip(" .")
    return value if len(value) <= DETAIL_LIMIT else f"{value[: DETAIL_LIMIT - 1].rstrip()}…"


def _provider(name: str, phrases: Phrases) -> str:
    if name in _LOCAL_NAMES:
        return phrases.local_engine
    return clean(phrases.titles.get(name, name)) or phrases.some_service


def _names(template: str) -> set[str]:
    return set(_PLACEHOLDER.findall(template))
