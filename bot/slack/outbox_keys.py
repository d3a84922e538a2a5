"""The keys of our own messages: what a row of the outbox is about, as a value and as the text that is stored."""

from dataclasses import dataclass
from typing import ClassVar, Self

from bot.domain.job import Origin


@dataclass(frozen=True, slots=True)
class ReplyKey:
    """The reply to a job after `turn` earlier tries (part 0), or a further message of its text."""

    job_id: str
    turn: int
    part: int = 0

    def __str__(self) -> str:
        return f"reply:{self.job_id}:{self.turn}.{self.part}"


@dataclass(frozen=True, slots=True)
class FileKey:
    """The file of a reply; each naming of the speakers (its revision) makes another one."""

    job_id: str
    turn: int
    revision: int = 0

    def __str__(self) -> str:
        return f"file:{self.job_id}:{self.turn}" + (f":{self.revision}" if self.revision else "")


@dataclass(frozen=True, slots=True)
class ExportKey:
    """A file that was downloaded in a format (its extension); each naming of the speakers makes another one."""

    job_id: str
    extension: str
    revision: int

    def __str__(self) -> str:
        return f"export:{self.job_id}:{self.extension}:{self.revision}"


@dataclass(frozen=True, slots=True)
class _MessageKey:
    """What is there once for a message with recordings."""

    team_id: str
    channel_id: str
    message_ts: str
    kind: ClassVar[str]

    @classmethod
    def of(cls, origin: Origin) -> Self:
        """That of a job's message."""
        return cls(origin.team_id, origin.channel_id, origin.message_ts)

    def __str__(self) -> str:
        return f"{self.kind}:{self.team_id}:{self.channel_id}:{self.message_ts}"


class StatusKey(_MessageKey):
    """The status line."""

    __slots__ = ()
    kind = "status"


class ReactionKey(_MessageKey):
    """The reaction."""

    __slots__ = ()
    kind = "receipt"


@dataclass(frozen=True, slots=True)
class OtherKey:
    """What is said once: a greeting, an answer, a message aside. `about` makes it unique."""

    kind: str
    about: str

    def __str__(self) -> str:
        return f"{self.kind}:{self.about}"


OutboxKey = ReplyKey | FileKey | ExportKey | StatusKey | ReactionKey | OtherKey


def read_key(key: str) -> OutboxKey:
    """The value of a stored key."""
    match key.split(":"):
        case ["reply", job_id, number]:
            turn, _, part = number.partition(".")
            return ReplyKey(job_id, int(turn), int(part))
        case ["file", job_id, turn]:
            return FileKey(job_id, int(turn))
        case ["file", job_id, turn, revision]:
            return FileKey(job_id, int(turn), int(revision))
        case ["export", job_id, extension, revision]:
            return ExportKey(job_id, extension, int(revision))
        case ["status", team_id, channel_id, message_ts]:
            return StatusKey(team_id, channel_id, message_ts)
        case ["receipt", team_id, channel_id, message_ts]:
            return ReactionKey(team_id, channel_id, message_ts)
        case [kind, *rest]:
            return OtherKey(kind, ":".join(rest))
        case _:
            return OtherKey("", key)
