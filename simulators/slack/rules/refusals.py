"""Slack's refusals of posts and files by name, for tests that must hold for the whole family.

Sources: the error lists of the methods' reference pages (slack-ruby/slack-api-ref, smstoslack/slack_kit
`priv/docs/methods`), bolt-js 2307 for `thread_not_found`.
"""

from __future__ import annotations

from simulators.slack.records import Channel, Posting
from simulators.slack.wire import SlackError

RESERVE_REFUSALS = (
    "file_uploads_disabled",
    "file_uploads_except_images_disabled",
    "file_upload_size_restricted",
    "file_type_not_allowed",
    "storage_limit_reached",
    "snippet_too_large",
)
"""Errors of `files.getUploadURLExternal` that refuse the file, whatever the channel."""
SHARE_REFUSALS = (
    *RESERVE_REFUSALS[:3],
    "blocked_file_type",
    "posting_to_channel_denied",
    "restricted_action",
    "slack_connect_file_upload_sharing_blocked",
    "slack_connect_blocked_file_type",
    "slack_connect_clip_sharing_blocked",
    "unable_to_share_files",
    "file_share_limit_reached",
    "max_file_sharing_exceeded",
)
"""Errors with which sharing an uploaded file is refused (`files.completeUploadExternal`, `chat.update` with files)."""
CHANNEL_REFUSALS = ("not_in_channel", "channel_not_found", "invalid_channel", "is_archived")
"""Errors that say that the app cannot post there at all."""
POST_REFUSALS = (
    "restricted_action",
    "restricted_action_read_only_channel",
    "restricted_action_non_threadable_channel",
    "restricted_action_thread_only_channel",
    "restricted_action_thread_locked",
    "thread_not_found",
    "cannot_reply_to_message",
    *CHANNEL_REFUSALS,
)
"""Errors of `chat.postMessage` for a channel or thread that cannot be written to."""

_ALWAYS: dict[Posting, str] = {
    "restricted": "restricted_action",
    "read_only": "restricted_action_read_only_channel",
}


def check_posting(channel: Channel, *, reply: bool) -> None:
    """Refuse a post that the channel's rules do not allow: `restricted_action` and its kinds."""
    if channel.posting in _ALWAYS:
        raise SlackError(_ALWAYS[channel.posting])
    if channel.posting == "non_threadable" and reply:
        raise SlackError("restricted_action_non_threadable_channel")
    if channel.posting == "thread_only" and not reply:
        raise SlackError("restricted_action_thread_only_channel")
