"""The base of all settings sections: frozen, secrets hidden, each field described."""

import ipaddress
from typing import Annotated, ClassVar
from urllib.parse import urlsplit

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict


class SettingsError(Exception):
    """The settings cannot be used; `faults` has one line for each, naming the variable and what to do."""

    def __init__(self, faults: list[str]) -> None:
        super().__init__("\n".join(faults))
        self.faults = faults


class Section(BaseModel):
    """Settings that belong together. Field descriptions are the documentation of the variables.

    The variable of field `x` is `prefix` + `X`, for example `XOSUM_API_KEY` for `api_key` of a section with the prefix
    `XOSUM_`. `heading` is the section's title in docs/settings.md and `.env.example`.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    prefix: ClassVar[str] = ""
    heading: ClassVar[str] = ""


class ProviderSettings(Section):
    """The settings of one provider account."""

    @property
    def configured(self) -> bool:
        """Whether what the provider needs is set, so that channels can choose it."""
        raise NotImplementedError

    def faults(self, public_url: str) -> list[str]:  # a provider that needs it overrides this
        """What keeps `serve` from starting with this account: one line each, naming the variable and what to do."""
        return []


def is_loopback(host: str) -> bool:
    """Whether this name is the machine itself."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")


def _address(value: str) -> str:
    if value and (not value.startswith(("http://", "https://")) or not _host(value)):
        raise ValueError("must be an address that starts with https:// or http://")
    return value.rstrip("/")


def _secure(value: str) -> str:
    value = _address(value)
    if value.startswith("http://") and not is_loopback(_host(value)):
        raise ValueError(
            "must start with https:// (http:// only for this machine: keys and recordings would be readable)"
        )
    return value


def _host(value: str) -> str:
    try:
        return urlsplit(value).hostname or ""
    except ValueError:
        return ""


Address = Annotated[str, AfterValidator(_address)]
"""An http(s) address without a slash at its end; empty for none."""

SecureAddress = Annotated[str, AfterValidator(_secure)]
"""The same, but http only for this machine itself."""


def _listed(value: object) -> object:
    if isinstance(value, str):
        return tuple(part.strip().lower() for part in value.split(",") if part.strip())
    return value


Names = Annotated[tuple[str, ...], BeforeValidator(_listed)]
"""Names separated by commas, in lower case."""
