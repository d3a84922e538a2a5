"""The speech-to-text services that are set up here, as people choose among them."""

from collections.abc import Callable, Mapping

from bot.ports.provider import Capabilities
from bot.text.phrases import ENGLISH, LOCAL, Phrases


class Services:
    """What is offered: what each service that is set up can do, by the key that settings and rows hold."""

    def __init__(
        self,
        default: str,
        capabilities: Mapping[str, Capabilities],
        allows: Callable[[str, str], bool] = lambda name, channel: True,
    ) -> None:
        self.default = default
        self.allows = allows
        self._capabilities = capabilities
        self.titles = {name: each.title for name, each in capabilities.items()}

    def offered(self, channel_id: str = "") -> Mapping[str, Capabilities]:
        """Capabilities by the key that settings and rows hold, in the order they are shown; those a channel may use."""
        if not channel_id:
            return self._capabilities
        return {name: each for name, each in self._capabilities.items() if self.allows(name, channel_id)}

    def effective(self, chosen: str) -> str:
        """The service that a channel with this choice uses ("": the default)."""
        return chosen or self.default

    def title(self, name: str, phrases: Phrases = ENGLISH) -> str:
        """How people know a service by its key; one that is not set up any more is shown by its key."""
        return self.titles.get(name) or (phrases.local_engine if name == LOCAL else name)

    def capabilities(self, chosen: str) -> Capabilities | None:
        """What the service that is used can do; None when it is not set up (any more)."""
        return self.offered().get(self.effective(chosen))

    def language(self, chosen: str, value: str) -> str:
        """How people know a language of a service."""
        capabilities = self.capabilities(chosen)
        return (capabilities.languages.get(value) if capabilities else None) or ENGLISH.language(value)
