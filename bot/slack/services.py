"""The speech-to-text services that are set up here, as people choose among them."""

from collections.abc import Callable, Mapping

from bot.ports.provider import Traits
from bot.slack import words


class Services:
    """What is offered. `traits` is asked each time: the services are built after Slack's side is."""

    def __init__(self, default: str, traits: Callable[[], Mapping[str, Traits]]) -> None:
        self.default = default
        self._traits = traits

    def offered(self) -> Mapping[str, Traits]:
        """Traits by the key that settings and rows hold, in the order they are shown."""
        return self._traits()

    def effective(self, chosen: str) -> str:
        """The service that a channel with this choice uses ("": the default)."""
        return chosen or self.default

    def traits(self, chosen: str) -> Traits | None:
        """What the service that is used can do; None when it is not set up (any more)."""
        return self.offered().get(self.effective(chosen))

    def language(self, chosen: str, value: str) -> str:
        """How people know a language of a service."""
        traits = self.traits(chosen)
        return (traits.languages.get(value) if traits else None) or words.language(value)
