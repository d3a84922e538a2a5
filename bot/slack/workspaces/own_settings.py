"""The settings that a workspace can have for itself; an operator sets them with `threadscribe workspace set`."""

from collections.abc import Mapping

from pydantic import ValidationError

from bot.domain.errors import StoreError
from bot.settings import Settings

OWN = ("provider", "providers_allowed", "reply_language", "retention_days", "max_file_mb", "status_after_seconds")


def settings_for(settings: Settings, own: Mapping[str, str]) -> Settings:
    """The settings of the process, with those of a workspace in place of its own. `own` is by names in upper case.

    Raises `StoreError` for stored ones that cannot be used: those of the process may allow more.
    """
    changed = {name.lower(): value for name, value in own.items() if name.lower() in OWN}
    try:
        return checked(settings, changed) if changed else settings
    except ValueError as error:
        raise StoreError(f"The settings of a workspace cannot be used: {error}") from error


def checked(settings: Settings, changed: Mapping[str, str]) -> Settings:
    """The settings with these in place. Raises `ValueError` with a sentence for one that cannot be used."""
    given = {name: getattr(settings, name) for name in type(settings).model_fields}
    try:
        return Settings.model_validate({**given, **changed})
    except ValidationError as error:
        fault = error.errors()[0]
        said = str(fault["msg"]).removeprefix("Value error, ")
        raise ValueError(f"{str(fault['loc'][0]).upper() if fault['loc'] else ''}: {said}.") from None
