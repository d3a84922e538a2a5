"""The columns of `job`, said once: a new job, a change, reading and copying are all made from these lists.

`storage.rows` has a value for each; a test holds the lists to the schema of both databases.
"""

# Given when the job is made, and never changed.
JOB_FIXED = (
    *("id", "team_id", "file_id", "channel_id", "thread_ts", "version"),
    *("enterprise_id", "message_ts", "user_id", "person", "created_at"),
)
# Written by every change just as the domain has them.
JOB_CHANGED = (
    *("lane", "rank", "updated_at"),
    *("file_name", "file_mimetype", "file_filetype", "file_size", "file_seconds", "file_subtype"),
    *("language", "recording_type", "speakers", "vocabulary", "expected_audio", "provider", "account"),
    *("outcome", "problem_code", "problem_params", "attempts", "last_error", "client_ref", "hook_token"),
    *("remote_ref", "remote_url", "remote_expires_at", "remote_locale", "submitted_at", "waited_seconds", "progress"),
    *("parked_from", "parked_for", "reuses", "finished_at"),
)
# Written by a change under a condition, see `change_job`.
JOB_CONDITIONAL = ("state", "due_at", "cancel_by")
# Only the store writes these.
JOB_STORE = (
    *("deleted_at", "lease_token", "lease_until", "wake_count", "wake_count_at_claim"),
    *("revision", "purged_at"),
)
JOB_COLUMNS = JOB_FIXED + JOB_CHANGED + JOB_CONDITIONAL
