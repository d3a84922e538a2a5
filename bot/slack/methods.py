"""The Web API methods this app calls: the scopes each needs and whether repeating one by itself is harmless.

`manifest.yml` is compared with this table by a test, and the token's real scopes by `doctor`. A method that is not
here cannot be called.
"""

from dataclasses import dataclass
from enum import Enum

_HISTORY = ("channels:history", "groups:history", "im:history", "mpim:history")
_LISTING = ("channels:read", "groups:read")


@dataclass(frozen=True, slots=True)
class Facts:
    """A method's name at Slack, its bot scopes, and whether a repeat after a lost answer changes nothing."""

    name: str
    scopes: tuple[str, ...] = ()
    repeatable: bool = True


class Method(Enum):
    """Everything that is asked of Slack (https://docs.slack.dev/reference/methods)."""

    AUTH_TEST = Facts("auth.test")
    POST = Facts("chat.postMessage", ("chat:write",), repeatable=False)
    POST_EPHEMERAL = Facts("chat.postEphemeral", ("chat:write",), repeatable=False)
    UPDATE = Facts("chat.update", ("chat:write",))
    DELETE = Facts("chat.delete", ("chat:write",))
    REPLIES = Facts("conversations.replies", _HISTORY)
    HISTORY = Facts("conversations.history", _HISTORY)
    MEMBERS = Facts("conversations.members", _LISTING)
    CONVERSATIONS = Facts("users.conversations", _LISTING)
    CHANNEL_INFO = Facts("conversations.info", _LISTING)
    USER_INFO = Facts("users.info", ("users:read",))
    FILE_INFO = Facts("files.info", ("files:read",))
    FILE_LIST = Facts("files.list", ("files:read",))
    DELETE_FILE = Facts("files.delete", ("files:write",))
    RESERVE_UPLOAD = Facts("files.getUploadURLExternal", ("files:write",))
    COMPLETE_UPLOAD = Facts("files.completeUploadExternal", ("files:write",), repeatable=False)
    REACT = Facts("reactions.add", ("reactions:write",))
    UNREACT = Facts("reactions.remove", ("reactions:write",))
    PUBLISH_HOME = Facts("views.publish")
    OPEN_VIEW = Facts("views.open", repeatable=False)
    UPDATE_VIEW = Facts("views.update")


METHOD_SCOPES = frozenset(scope for method in Method for scope in method.value.scopes)
