"""How long the transcripts of a channel are kept: the choices beside the operator's default. Pure."""

from dataclasses import dataclass

from bot.ports.store import ChannelSettings
from bot.slack.api.payloads import Json
from bot.slack.blockkit.blocks import Block, option, select
from bot.slack.blockkit.modals import entered, field
from bot.slack.settings import texts as words
from bot.text.phrases import ENGLISH, Phrases

RETENTION = "settings_retention"
_OFFERED = (1, 7, 30, 90, 365, 0)  # days; 0: content is kept
_DEFAULT = "-"  # an option's value cannot be empty


@dataclass(frozen=True, slots=True)
class Retention:
    """What the operator has set, in days: `default` for channels that choose nothing, and `longest` for those that do.

    0 means no end, for both.
    """

    default: int = 30
    longest: int = 0

    def allows(self, days: int | None) -> bool:
        """Whether a channel may keep content for this many days (0: without end; None: the default)."""
        return days is None or self.longest == 0 or 0 < days <= self.longest

    def days(self, settings: ChannelSettings) -> int:
        """How long content of a channel with these settings is kept; 0: without end. As the store's purge counts."""
        own = settings.retention_days
        if own is None:
            return self.default
        return own if self.allows(own) else self.longest

    def choice(self, settings: ChannelSettings, phrases: Phrases = ENGLISH) -> Block:
        """The field of the modal. What the channel has is among the options, also when it was not chosen here."""
        say, own = phrases.say, settings.retention_days
        default = option(say(words.RETENTION_DEFAULT).format(time=words.kept_for(self.default, phrases)), _DEFAULT)
        offered = [days for days in _OFFERED if self.allows(days)]
        if own is not None and own not in offered:
            offered.append(own)
        options = [default, *(option(words.kept_for(days, phrases), str(days)) for days in offered)]
        chosen = next((each for each in options if each["value"] == str(own)), default)
        element = select(say(words.RETENTION), RETENTION, options, chosen)
        return field(RETENTION, say(words.RETENTION), element, hint=say(words.RETENTION_HINT))

    def fault(self, settings: ChannelSettings, phrases: Phrases = ENGLISH) -> tuple[str, str] | None:
        """The block and the sentence of a retention that cannot be saved; None when all is well."""
        if self.allows(settings.retention_days):
            return None
        return RETENTION, phrases.say(words.TOO_LONG).format(time=words.kept_for(self.longest, phrases))


BY_DEFAULT = Retention()


def chosen_days(body: Json, before: int | None) -> int | None:
    """The days that the field holds; `before` where it is missing or holds something else."""
    value = entered(body, RETENTION, RETENTION)
    if value == _DEFAULT:
        return None
    return int(value) if value.isascii() and value.isdecimal() and len(value) < 6 else before
