"""Transcripts that a simulator gives: set by a test, or made from the content hash in one of several languages."""

import re
from typing import Final

from pydantic import BaseModel, ConfigDict

SECONDS_PER_CHARACTER: Final = 0.06


class Segment(BaseModel):
    """One utterance. `speaker` counts from 0; times are seconds from the start."""

    model_config = ConfigDict(extra="forbid")

    text: str
    speaker: int = 0
    start: float = 0.0
    end: float = 0.0


class Transcript(BaseModel):
    """What a provider found in a recording. `summary` is Xosum's `resolution`; `language` is BCP-47."""

    model_config = ConfigDict(extra="forbid")

    segments: list[Segment]
    language: str = "en-US"
    title: str | None = None
    summary: str | None = None

    def text(self) -> str:
        """Return all utterances joined by spaces."""
        return " ".join(segment.text for segment in self.segments)

    def labelled(self, label: str = "Խոսնակ") -> str:
        """Return one string with inline labels `<label> 1:` and `<label> 2:`, as Xosum gives for a phone call."""
        return "\n".join(f"{label} {segment.speaker + 1}: {segment.text}" for segment in self.segments)

    def by_sentence(self) -> "Transcript":
        """Return the same words with every segment split at sentence ends, times shared out by length."""
        parts: list[Segment] = []
        for segment in self.segments:
            sentences = [part for part in re.split(r"(?<=[.!?։])\s+", segment.text) if part]
            total = sum(map(len, sentences)) or 1
            start = segment.start
            for sentence in sentences:
                end = start + (segment.end - segment.start) * len(sentence) / total
                parts.append(Segment(text=sentence, speaker=segment.speaker, start=start, end=end))
                start = end
        return self.model_copy(update={"segments": parts})


class Script(BaseModel):
    """A made-up conversation; `mark` is a sentence into which the recording's mark is put."""

    language: str
    title: str
    summary: str
    mark: str
    lines: list[tuple[int, str]]


ARMENIAN: Final = Script(
    language="hy-AM",
    title="Առաքման հասցեի փոփոխություն",
    summary="Հաճախորդը խնդրում է փոխել պատվերի առաքման հասցեն։ Օպերատորը հաստատում է նոր հասցեն։",
    mark="Ձայնագրության համարն է {mark}։",
    lines=[
        (0, "Բարև Ձեզ, ինչո՞վ կարող եմ օգնել։"),
        (1, "Բարև Ձեզ, ուզում եմ փոխել պատվերիս առաքման հասցեն։"),
        (0, "Խնդրում եմ ասեք պատվերի համարը և նոր հասցեն։"),
        (1, "Համարը երկու հարյուր տասնյոթ է, հասցեն՝ Աբովյան փողոց, տուն տասներկու։"),
        (0, "Շնորհակալություն, հասցեն փոխված է, առաքումը կլինի վաղը։"),
    ],
)

ENGLISH: Final = Script(
    language="en-US",
    title="Persistent cough after a cold",
    summary="The patient has had a dry cough for two weeks; the chest is clear and rest with fluids is advised.",
    mark="This is recording {mark}.",
    lines=[
        (0, "Good morning, what brings you in today?"),
        (1, "I have had a dry cough for about two weeks, and it keeps me awake at night."),
        (0, "Have you had any fever or shortness of breath?"),
        (1, "A slight fever in the first days. My breathing is fine."),
        (0, "Your chest sounds clear. Drink plenty, rest, and come back in a week if it does not improve."),
    ],
)

RUSSIAN: Final = Script(
    language="ru-RU",
    title="Перенос приёма",
    summary="Пациентка переносит приём со среды на пятницу.",
    mark="Номер записи {mark}.",
    lines=[
        (0, "Добрый день, клиника, слушаю вас."),
        (1, "Здравствуйте, я хотела бы перенести приём со среды на пятницу."),
        (0, "Хорошо, в пятницу есть время в десять утра."),
        (1, "Спасибо, это подходит."),
    ],
)

FRENCH: Final = Script(
    language="fr-FR",
    title="Douleur au genou",
    summary="Le patient décrit une douleur au genou après une chute ; une radiographie est prescrite.",
    mark="Ceci est l'enregistrement {mark}.",
    lines=[
        (0, "Bonjour, qu'est-ce qui vous amène ?"),
        (1, "J'ai mal au genou depuis une chute la semaine dernière."),
        (0, "Je vous prescris une radiographie, et du repos en attendant."),
        (1, "Merci, docteur."),
    ],
)

SCRIPTS: Final[dict[str, Script]] = {
    "hy": ARMENIAN,
    "en": ENGLISH,
    "ru": RUSSIAN,
    "fr": FRENCH,
}


def cue_time(seconds: float, comma: str = ".") -> str:
    """Return a time of a subtitle, `HH:MM:SS.mmm`; SRT writes a comma before the milliseconds."""
    hours, rest = divmod(round(seconds * 1000), 3_600_000)
    minutes, rest = divmod(rest, 60_000)
    return f"{hours:02}:{minutes:02}:{rest // 1000:02}{comma}{rest % 1000:03}"


def mark_of(sha256: str) -> str:
    """Return the short mark that stands in the default transcript of the content with this hash."""
    return sha256[:12]


def default_transcript(sha256: str, language: str) -> Transcript:
    """Return the same transcript for the same content always, in `language` (ISO 639-1, English when unknown).

    Its second utterance holds `mark_of(sha256)`, so that a test can tell which file was transcribed.
    """
    script = SCRIPTS.get(language, ENGLISH)
    mark = mark_of(sha256)
    lines = [script.lines[0], (script.lines[1][0], f"{script.lines[1][1]} {script.mark.format(mark=mark)}")]
    lines += script.lines[2:]
    segments: list[Segment] = []
    start = 0.0
    for speaker, text in lines:
        end = round(start + len(text) * SECONDS_PER_CHARACTER, 2)
        segments.append(Segment(text=text, speaker=speaker, start=start, end=end))
        start = end
    return Transcript(
        segments=segments, language=script.language, title=f"{script.title} ({mark})", summary=script.summary
    )
