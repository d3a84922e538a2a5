"""The Web API methods this app calls: the scopes each needs and whether repeating one by itself is harmless.

`manifest.yml` is compared with this table by a test, and the token's real scopes by `doctor`. A method that is not
here cannot be called.
"""

from dataclasses import dataclass
from enum import Enum

_HISTORY = ("channels:history", "groups:history", "im:history", "mpim:history")
_LISTING = ("channels:read", "groups:read")


@dataclass(frozen=True, slots=True)
class MethodFacts:
    """A method's name at Slack, its bot scopes, and whether a repeat after a lost answer changes nothing.

    `by_team`: the token of an organisation must say which workspace is meant (`team_id`,
    https://docs.slack.dev/enterprise/developing-for-enterprise-orgs).
    """

    name: str
    scopes: tuple[str, ...] = ()
    repeatable: bool = True
    by_team: bool = False


class Method(Enum):
    """Everything that is asked of Slack (https://docs.slack.dev/reference/methods)."""

    AUTH_TEST = MethodFacts("auth.test")
    OPEN_SOCKET = MethodFacts("apps.connections.open", repeatable=False)  # with the app token
    POST = MethodFacts("chat.postMessage", ("chat:write",), repeatable=False)
    POST_EPHEMERAL = MethodFacts("chat.postEphemeral", ("chat:write",), repeatable=False)
    UPDATE = MethodFacts("chat.update", ("chat:write",))
    DELETE = MethodFacts("chat.delete", ("chat:write",))
    REPLIES = MethodFacts("conversations.replies", _HISTORY)
    HISTORY = MethodFacts("conversations.history", _HISTORY)
    MEMBERS = MethodFacts("conversations.members", _LISTING)
    CONVERSATIONS = MethodFacts("users.conversations", _LISTING, by_team=True)
    CHANNEL_INFO = MethodFacts("conversations.info", _LISTING)
    USER_INFO = MethodFacts("users.info", ("users:read",))
    FILE_INFO = MethodFacts("files.info", ("files:read",))
    FILE_LIST = MethodFacts("files.list", ("files:read",), by_team=True)
    DELETE_FILE = MethodFacts("files.delete", ("files:write",))
    RESERVE_UPLOAD = MethodFacts("files.getUploadURLExternal", ("files:write",))
    COMPLETE_UPLOAD = MethodFacts("files.completeUploadExternal", ("files:write",), repeatable=False)
    REACT = MethodFacts("reactions.add", ("reactions:write",))
    UNREACT = MethodFacts("reactions.remove", ("reactions:write",))
    PUBLISH_HOME = MethodFacts("views.publish")
    OPEN_VIEW = MethodFacts("views.open", repeatable=False)
    UPDATE_VIEW = MethodFacts("views.update")


METHOD_SCOPES = frozenset(scope for method in Method for scope in method.value.scopes)
