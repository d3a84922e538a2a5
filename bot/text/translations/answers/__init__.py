"""What one person alone reads, answers to commands and buttons, windows and App Home, in Spanish, French and Armenian.

Each sentence is found by the English one, which stands where it is said. Sentences are mrkdwn, labels plain text.
"""

from collections.abc import Mapping

from bot.text.translations.answers.buttons import BUTTONS
from bot.text.translations.answers.command import COMMANDS
from bot.text.translations.answers.home import HOME
from bot.text.translations.answers.jobs import JOBS
from bot.text.translations.answers.said import Said
from bot.text.translations.answers.settings import SETTINGS
from bot.text.translations.answers.vocabulary import VOCABULARY
from bot.text.translations.answers.windows import WINDOWS

ALL: tuple[Said, ...] = (*COMMANDS, *JOBS, *BUTTONS, *WINDOWS, *SETTINGS, *VOCABULARY, *HOME)


def answers_in(locale: str) -> Mapping[str, str]:
    """The sentences of a language (`es`, `fr`, `hy`) by the English ones; nothing for another."""
    return {said.en: getattr(said, locale) for said in ALL} if locale in ("es", "fr", "hy") else {}
