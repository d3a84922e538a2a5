"""Which addresses the bot token may be sent to. Pure."""

import re
from collections.abc import Sequence
from fnmatch import fnmatchcase
from urllib.parse import urlsplit

_HOST = re.compile(r"[a-z0-9-]+(\.[a-z0-9-]+)*|[0-9a-f:.]+", re.ASCII)  # a name, or an IPv6 address


class Hosts:
    """Where the bot token may go: Slack's hosts over https, and the API's own host exactly as it is set."""

    def __init__(self, patterns: Sequence[str], api_url: str) -> None:
        self._patterns = tuple(pattern.lower() for pattern in patterns)
        self._api = _place(api_url)

    def trusts(self, url: str) -> bool:
        """Whether a request to this address may carry the token."""
        place = _place(url)
        if place is None:
            return False
        if place == self._api:
            return True
        scheme, host, port = place
        return scheme == "https" and port == 443 and any(fnmatchcase(host, pattern) for pattern in self._patterns)


def _place(url: str) -> tuple[str, str, int] | None:
    """Scheme, host and port of an address; None for what is not a plain http(s) one."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return None
    default = {"https": 443, "http": 80}.get(parts.scheme)
    if default is None or not parts.hostname or parts.username is not None or "\\" in url or not url.isprintable():
        return None
    host = parts.hostname.lower().removesuffix(".")
    if not _HOST.fullmatch(host) or "xn--" in host:  # nothing that another reader of addresses may read otherwise
        return None
    return parts.scheme, host, default if port is None else port
