"""Days as a person lives them. Pure."""

from datetime import datetime, timedelta, timezone, tzinfo
from zoneinfo import ZoneInfo


def zone_of(name: str, seconds: int) -> tzinfo:
    """A time zone by its name, or where this machine does not know it by its seconds ahead of UTC."""
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError):  # not found is a KeyError; an odd name one of the others
        return timezone(timedelta(seconds=max(-86_340, min(86_340, seconds))))


def days_of(now: float, count: int, zone: tzinfo) -> list[datetime]:
    """The beginnings of the last `count` days, the present one last; days of 23 and 25 hours are what they are."""
    today = datetime.fromtimestamp(now, zone).replace(hour=0, minute=0, second=0, microsecond=0)
    return [
        datetime.combine((today - timedelta(days=back)).date(), today.time(), zone) for back in range(count - 1, -1, -1)
    ]
