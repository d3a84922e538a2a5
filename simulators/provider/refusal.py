"""The two ways in which a simulator does not answer a request: a refusal and a cut connection."""

from collections.abc import Mapping


class RefusalError(Exception):
    """An error answer of the provider.

    `violation` is set when only a client that breaks the contract can get here; `detail` (the message when empty)
    explains it. `name` and `code` are the machine-readable parts of the provider's error body.
    """

    def __init__(
        self,
        status: int,
        message: str,
        *,
        name: str = "",
        code: int = 0,
        violation: str = "",
        detail: str = "",
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(message)
        self.status = status
        self.name = name
        self.code = code
        self.violation = violation
        self.detail = detail or message
        self.headers = dict(headers or {})


class CutError(Exception):
    """The connection is to be cut without an answer."""
