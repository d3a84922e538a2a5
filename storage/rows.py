"""Jobs as rows, and back. The lists of columns are in `storage.sql.columns`."""

from collections.abc import Mapping

from bot.domain.errors import Problem, ProblemCode, StoreError
from bot.domain.job import FileFacts, Job, Options, Origin, Outcome, RemoteJob, State
from storage.content.stored_json import dump_params, load_params
from storage.engines.transaction import Row, Value, integer, maybe_blob, maybe_number, maybe_text, number, text
from storage.seal import Seal


def origin_values(origin: Origin) -> dict[str, Value]:
    """The columns that are unique among jobs."""
    return {
        "team_id": origin.team_id,
        "file_id": origin.file_id,
        "channel_id": origin.channel_id,
        "thread_ts": origin.thread_ts,
        "version": origin.version,
    }


def job_values(job: Job, seal: Seal) -> Mapping[str, Value]:
    """A value for every column in `JOB_COLUMNS`."""
    problem, remote = job.problem, job.remote
    return origin_values(job.origin) | {
        "id": job.id,
        "enterprise_id": job.origin.enterprise_id,
        "message_ts": job.origin.message_ts,
        "user_id": job.origin.user_id,
        "person": job.person,
        "created_at": job.created_at,
        "state": job.state.value,
        "lane": job.lane,
        "rank": job.rank,
        "updated_at": job.updated_at,
        "due_at": job.due_at,
        "file_name": sealed_text(job.file.name, f"job.name:{job.id}", seal),
        "file_mimetype": job.file.mimetype,
        "file_filetype": job.file.filetype,
        "file_size": job.file.size,
        "file_seconds": job.file.seconds,
        "file_subtype": job.file.subtype,
        "language": job.options.language,
        "recording_type": job.options.recording_type,
        "speakers": job.options.speakers,
        "vocabulary": job.options.vocabulary,
        "expected_audio": int(job.expected_audio),
        "provider": job.provider,
        "account": job.account,
        "outcome": job.outcome.value if job.outcome else None,
        "problem_code": problem.code.value if problem else None,
        "problem_params": (
            seal.encrypt(dump_params(problem.params), f"job.problem:{job.id}") if problem and problem.params else None
        ),
        "attempts": job.attempts,
        "last_error": sealed_text(job.last_error, f"job.error:{job.id}", seal) if job.last_error else None,
        "client_ref": job.client_ref,
        "hook_token": job.hook_token,
        "remote_ref": remote.ref if remote else None,
        "remote_url": (
            sealed_text(remote.upload_url, f"job.remote:{job.id}", seal)
            if remote and remote.upload_url is not None
            else None
        ),
        "remote_expires_at": remote.expires_at if remote else None,
        "remote_locale": (remote.locale or None) if remote else None,
        "submitted_at": job.submitted_at,
        "waited_seconds": job.waited_seconds,
        "progress": job.progress,
        "parked_from": job.parked_from.value if job.parked_from else None,
        "parked_for": job.parked_for,
        "cancel_by": job.cancel_by,
        "reuses": job.reuses,
        "finished_at": job.finished_at,
    }


def sealed_text(content: str, place: str, seal: Seal) -> bytes:
    """Text as it is stored in a sealed column; what cannot be encoded is a question mark."""
    return seal.encrypt(content.encode("utf-8", "replace"), place)


def opened_text(value: bytes | None, place: str, seal: Seal) -> str:
    """Text from a sealed column; "" where it is empty. Raises `StoreError` when it does not open."""
    return seal.decrypt(value, place).decode() if value else ""


def job_of(row: Row, seal: Seal) -> Job:
    """The job of a row. Raises `StoreError` when a sealed column does not open."""
    try:
        return _job_of(row, seal)
    except ValueError as error:  # a state or outcome that only a later program knows
        raise StoreError(f"The database holds a job that this version of the program cannot read: {error}") from error


def _job_of(row: Row, seal: Seal) -> Job:
    job_id = text(row, "id")
    outcome, parked_from = maybe_text(row, "outcome"), maybe_text(row, "parked_from")
    return Job(
        id=job_id,
        origin=Origin(
            team_id=text(row, "team_id"),
            channel_id=text(row, "channel_id"),
            thread_ts=text(row, "thread_ts"),
            message_ts=text(row, "message_ts"),
            file_id=text(row, "file_id"),
            user_id=text(row, "user_id"),
            enterprise_id=text(row, "enterprise_id"),
            version=integer(row, "version"),
        ),
        state=State(text(row, "state")),
        created_at=number(row, "created_at"),
        updated_at=number(row, "updated_at"),
        due_at=number(row, "due_at"),
        file=FileFacts(
            name=_file_name(row, job_id, seal),
            mimetype=text(row, "file_mimetype"),
            filetype=text(row, "file_filetype"),
            size=integer(row, "file_size"),
            seconds=maybe_number(row, "file_seconds"),
            subtype=text(row, "file_subtype"),
        ),
        options=Options(
            maybe_text(row, "language"),
            maybe_text(row, "recording_type"),
            maybe_text(row, "speakers"),
            maybe_text(row, "vocabulary"),
        ),
        expected_audio=bool(integer(row, "expected_audio")),
        provider=text(row, "provider"),
        account=text(row, "account"),
        outcome=Outcome(outcome) if outcome else None,
        problem=_problem_of(row, job_id, seal),
        attempts=integer(row, "attempts"),
        last_error=opened_text(maybe_blob(row, "last_error"), f"job.error:{job_id}", seal),
        client_ref=text(row, "client_ref"),
        hook_token=text(row, "hook_token"),
        remote=_remote_of(row, job_id, seal),
        submitted_at=maybe_number(row, "submitted_at"),
        waited_seconds=number(row, "waited_seconds"),
        progress=maybe_number(row, "progress"),
        parked_from=State(parked_from) if parked_from else None,
        parked_for=text(row, "parked_for"),
        cancel_by=text(row, "cancel_by"),
        reuses=text(row, "reuses"),
        finished_at=maybe_number(row, "finished_at"),
        deleted_at=maybe_number(row, "deleted_at"),
        lease_token=text(row, "lease_token"),
        wake_count=integer(row, "wake_count"),
    )


def _file_name(row: Row, job_id: str, seal: Seal) -> str:
    """The name; of a purged job only the extension."""
    name = opened_text(maybe_blob(row, "file_name"), f"job.name:{job_id}", seal)
    if name or row["purged_at"] is None:
        return name
    filetype = text(row, "file_filetype")
    return f".{filetype}" if filetype else ""


def _problem_of(row: Row, job_id: str, seal: Seal) -> Problem | None:
    code = maybe_text(row, "problem_code")
    if code is None:
        return None
    sealed = maybe_blob(row, "problem_params")
    params = load_params(seal.decrypt(sealed, f"job.problem:{job_id}")) if sealed is not None else {}
    return Problem(ProblemCode(code), params)


def _remote_of(row: Row, job_id: str, seal: Seal) -> RemoteJob | None:
    ref = maybe_text(row, "remote_ref")
    if ref is None:
        return None
    sealed = maybe_blob(row, "remote_url")
    url = opened_text(sealed, f"job.remote:{job_id}", seal) if sealed is not None else None
    return RemoteJob(ref, url, maybe_number(row, "remote_expires_at"), maybe_text(row, "remote_locale") or "")
