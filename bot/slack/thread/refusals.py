"""What Slack's refusals mean for a reply: that we may not post there, or that only this file is not taken.

Names from Slack's lists of errors of `chat.postMessage`, `chat.update` and the `files` methods (docs.slack.dev).
"""

THREAD_GONE = frozenset({"thread_not_found", "message_not_found"})
"""The message that would be answered is gone: there is nobody to answer."""

_CANNOT_POST = frozenset(
    {
        "not_in_channel",
        "channel_not_found",
        "invalid_channel",
        "is_archived",
        "cannot_reply_to_message",
        "channel_type_not_supported",
    }
)
_FAMILY = "restricted_action"  # _read_only_channel, _thread_only_channel, _non_threadable_channel, _thread_locked


def cannot_post(code: str) -> bool:
    """Whether a refusal says that we may not post in this conversation, whatever the content is."""
    return code in _CANNOT_POST or code.startswith(_FAMILY)


def refuses_file(code: str) -> bool:
    """Whether a refusal of an upload is one of the file, so that its text can follow in messages.

    Every other refusal than of ourselves: the lists of what a workspace may forbid grow, and a transcript that was
    promised must come.
    """
    return not cannot_post(code) and code not in THREAD_GONE
