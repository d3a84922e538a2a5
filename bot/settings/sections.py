"""The base of all settings sections: frozen, secrets hidden, each field described."""

from typing import Annotated, ClassVar

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


def _address(value: str) -> str:
    if value and not value.startswith(("http://", "https://")):
        raise ValueError("must start with https:// (or http:// on this machine)")
    return value.rstrip("/")


Address = Annotated[str, AfterValidator(_address)]
"""An http(s) address without a slash at its end; empty for none."""


def _listed(value: object) -> object:
    if isinstance(value, str):
        return tuple(part.strip().lower() for part in value.split(",") if part.strip())
    return value


Names = Annotated[tuple[str, ...], BeforeValidator(_listed)]
"""Names separated by commas, in lower case."""
