"""The settings: one frozen object, read from the environment and from `.env`; secrets never show in a repr.

Common settings are grouped here. A provider's settings lie with the provider (`bot/providers/NAME/settings.py`);
`bot.configuration` loads them all.
"""

from collections.abc import Mapping
from typing import ClassVar

from pydantic import Field, SerializeAsAny

from bot.settings.blobs import BlobSettings
from bot.settings.network import NetworkSettings
from bot.settings.sections import Address, ProviderSettings, Section, SecureAddress, SettingsError
from bot.settings.slack import SlackSettings
from bot.settings.storage import StorageSettings
from bot.settings.work import WorkSettings

__all__ = ["COMMON", "Address", "ProviderSettings", "Section", "SecureAddress", "Settings", "SettingsError"]

COMMON: tuple[type[Section], ...] = (SlackSettings, StorageSettings, BlobSettings, WorkSettings, NetworkSettings)


class Settings(SlackSettings, StorageSettings, BlobSettings, WorkSettings, NetworkSettings):
    """What the operator has chosen: the common settings, and those of each provider account that is set up."""

    heading: ClassVar[str] = ""

    providers: Mapping[str, SerializeAsAny[ProviderSettings]] = Field(
        default_factory=dict, description="By the account's name, in the order of the table of providers."
    )
