"""`/transcribe`: what it answers, and to whom it does not."""

from functools import partial

from bot.domain.errors import Problem, ProblemCode
from bot.domain.job import Job, State
from bot.domain.machine import Received
from bot.domain.transcript import Segment, Transcript
from bot.slack.command.command import CommandRequest
from bot.slack.command.job_lines import sections
from simulators.slack.faults import Fault
from simulators.slack.records import Message
from simulators.slack.wire import as_object
from tests.support.harnesses.slack import Upload, Workplace, spoken


async def answer(place: Workplace, words: str, user: str = "U0ALICE", channel: str = "C0CLINIC") -> str:
    """Run the command as a person and give the answer's blocks as text."""
    before = {id(m) for m in everything(place, channel)}
    assert (await place.slack.command_as(user, channel, "/transcribe", words)).acknowledged

    def answered() -> list[Message]:
        return [m for m in everything(place, channel) if m.ephemeral_to == user and id(m) not in before]

    await place.slack.until(lambda: bool(answered()))
    (message,) = answered()
    return f"{message.text} {message.blocks}"


def everything(place: Workplace, channel: str) -> list[Message]:
    return place.slack.messages(channel)


def shows(message: Message, text: str) -> bool:
    return text in str(message.blocks)


async def fail(place: Workplace, job: Job, code: ProblemCode = ProblemCode.CORRUPT) -> Job:
    job = await place.store.apply(Received(job).refuse(place.clock.now(), Problem(code)))
    return await place.answer(job)


async def test_help_is_given_bare_and_by_name(either: Workplace) -> None:
    assert "I transcribe recordings" in await answer(either, "")
    assert "I transcribe recordings" in await answer(either, "help")


async def test_an_unknown_word_gets_the_nearest_command(place: Workplace) -> None:
    assert "Did you mean `/transcribe status`" in await answer(place, "statsu")
    assert "Did you mean `/transcribe list failed`" in await answer(place, "list faild")
    assert "Did you mean" not in await answer(place, "qqqq")
    assert "<!here>" not in await answer(place, "<!here>")


async def test_a_word_that_bolt_stumbles_over_is_answered_too(either: Workplace) -> None:
    assert "There is no command" in await answer(either, "payload")


async def test_status_tells_where_recordings_stand(place: Workplace) -> None:
    assert "You have no recordings yet" in await answer(place, "status")
    _, job = await place.upload()
    shown = await answer(place, "status")
    assert job.id in shown
    assert "visit notes.m4a" in shown


async def test_status_of_a_job_is_its_timeline(place: Workplace) -> None:
    _, job = await place.upload()
    await fail(place, job)
    shown = await answer(place, f"status `{job.id.upper()}`")
    assert "Recording received" in shown
    assert "No transcript: This file is damaged" in shown
    assert "Posted in the thread: no transcript" in shown
    assert "<!date^" in shown


async def test_lists_are_mine_the_channels_and_the_failed(place: Workplace) -> None:
    _, mine = await place.upload()
    _, bobs = await place.upload(user="U0BOB", upload=Upload("bob.mp3", b"x"))
    await fail(place, bobs)
    assert mine.id in await answer(place, "list")
    assert bobs.id not in await answer(place, "list mine")
    listed = await answer(place, "list channel")
    assert mine.id in listed
    assert bobs.id in listed
    failed = await answer(place, "list failed")
    assert bobs.id in failed
    assert mine.id not in failed


async def test_a_recording_without_words_is_not_listed_as_done(place: Workplace) -> None:
    for transcript, words in (
        (Transcript(()), ":mute: *visit notes.m4a*, 1 min 5 s: no speech heard"),
        (Transcript((Segment("", 1.0, 9.0, unclear=True),)), "1 min 5 s: speech heard, no words made out"),
    ):
        _, job = await place.upload()
        await place.answer(await place.replying(job, transcript), transcript)
        shown = await answer(place, "list")
        assert words in shown
        assert "white_check_mark" not in shown


async def test_a_long_list_has_pages_that_take_each_others_place(place: Workplace) -> None:
    await place.slack.upload_as("U0ALICE", "C0CLINIC", *(Upload(f"{n}.mp3", b"x") for n in range(25)))
    await place.slack.delivery.settled()
    jobs = [job.id for job in reversed(await place.jobs())]
    assert "1–10" in await answer(place, "list")
    page = everything(place, "C0CLINIC")[-1]
    shown = [job for job in jobs if job in str(page.blocks)]
    for action, label in (("list_older", "11–20"), ("list_older", "21–25")):
        assert (await place.slack.act_as("U0ALICE", page, action)).acknowledged
        await place.slack.until(partial(shows, page, label))
        shown += [job for job in jobs if job in str(page.blocks)]
    assert shown == jobs
    assert "list_older" not in str(page.blocks)
    assert (await place.slack.act_as("U0ALICE", page, "list_newest")).acknowledged
    await place.slack.until(lambda: "1–10" in str(page.blocks))


async def test_a_private_channels_job_does_not_exist_for_a_stranger(place: Workplace) -> None:
    _, secret = await place.upload(channel="G0BOARD")
    assert "or you cannot see it" in await answer(place, f"status {secret.id}", user="U0BOB")
    assert "or you cannot see it" in await answer(place, f"cancel {secret.id}", user="U0BOB")
    assert "or you cannot see it" in await answer(place, f"retry {secret.id}", user="U0BOB")
    assert secret.id not in await answer(place, "list failed", user="U0BOB")
    assert secret.id in await answer(place, f"status {secret.id}", user="U0ALICE")
    row = await place.store.job(secret.id)
    assert row is not None
    assert row.cancel_by == ""


async def test_who_has_left_a_channel_has_left_its_jobs(place: Workplace) -> None:
    _, job = await place.upload(channel="G0BOARD")
    place.slack.workspace.channels["G0BOARD"].members.remove("U0ALICE")
    assert "or you cannot see it" in await answer(place, f"status {job.id}")
    assert job.id not in await answer(place, "list")


async def test_a_direct_message_is_its_persons_alone(place: Workplace) -> None:
    _, job = await place.upload(channel="D0ALICE")
    assert job.id in await answer(place, f"status {job.id}")
    assert "or you cannot see it" in await answer(place, f"status {job.id}", user="U0BOB")


async def test_retry_tries_the_last_failed_one_again(place: Workplace) -> None:
    assert "no failed recording" in await answer(place, "retry")
    _, job = await place.upload()
    await fail(place, job, ProblemCode.PROVIDER_DOWN)
    _, damaged = await place.upload()
    await fail(place, damaged)
    assert job.id in await answer(place, "retry")
    assert [each.id for each in await place.jobs(State.RECEIVED)] == [job.id]
    assert "still under way" in await answer(place, f"retry {job.id}")
    assert "cannot help: This file is damaged" in await answer(place, f"retry {damaged.id}")


async def test_retry_resumes_a_parked_job(place: Workplace) -> None:
    _, job = await place.upload()
    await place.store.apply(Received(job).park(place.clock.now(), "no scope", "slack"))
    assert "Trying" in await answer(place, f"retry {job.id}")
    assert len(await place.jobs(State.RECEIVED)) == 1


async def test_cancel_asks_for_it_and_says_when_it_is_too_late(place: Workplace) -> None:
    assert "no recording under way" in await answer(place, "cancel")
    _, job = await place.upload()
    assert "Cancelling" in await answer(place, "cancel")
    row = await place.store.job(job.id)
    assert row is not None
    assert row.cancel_by == "U0ALICE"
    _, other = await place.upload()
    await fail(place, other)
    assert "finished already" in await answer(place, f"cancel {other.id}")


async def question(place: Workplace, job: Job, user: str = "U0BOB") -> Message:
    """Ask to cancel a colleague's recording, and give the question that comes back."""
    asked = await answer(place, f"cancel {job.id}", user=user)
    assert "was shared by <@U0ALICE>. Cancel it all the same?" in asked
    row = await place.store.job(job.id)
    assert row is not None
    assert row.cancel_by == ""
    return [m for m in everything(place, "C0CLINIC") if m.ephemeral_to == user][-1]


async def test_the_recording_of_a_colleague_is_cancelled_after_a_question(place: Workplace) -> None:
    _, job = await place.upload()
    asked = await question(place, job)
    await place.slack.act_as("U0BOB", asked, "cancel_one")

    async def cancelled() -> bool:
        row = await place.store.job(job.id)
        return row is not None and row.cancel_by == "U0BOB"

    await place.until(cancelled)
    await place.slack.until(lambda: any(shows(m, "Cancelling *") for m in everything(place, "C0CLINIC")))
    assert not any(shows(m, "Cancel it all the same?") for m in everything(place, "C0CLINIC"))


async def test_the_recording_of_a_colleague_goes_on_when_that_is_the_answer(place: Workplace) -> None:
    _, job = await place.upload()
    await place.slack.act_as("U0BOB", await question(place, job), "let_go_on")
    await place.slack.until(lambda: any(shows(m, "goes on.") for m in everything(place, "C0CLINIC")))
    row = await place.store.job(job.id)
    assert row is not None
    assert row.cancel_by == ""


async def test_an_answer_is_in_the_language_of_the_user_who_asked(place: Workplace) -> None:
    for user, locale in (("U0ALICE", "es-ES"), ("U0BOB", "fr-FR")):
        place.slack.workspace.users[user].locale = locale
    _, job = await place.upload()
    await fail(place, job)
    assert "Transcribo grabaciones" in await answer(place, "help")
    assert "¿Querías decir `/transcribe status`?" in await answer(place, "statsu")
    listed = await answer(place, "list")
    assert "Tus grabaciones" in listed
    assert "fallida (Este archivo está dañado y no se puede reproducir)" in listed
    assert "|abrir>" in listed
    steps = await answer(place, f"status {job.id}", user="U0BOB")
    assert "échoué (Ce fichier est" in steps
    assert "Enregistrement reçu" in steps
    assert "Je n'ai pas trouvé _toux_" in await answer(place, "search toux", user="U0BOB")


async def test_cancel_ends_a_parked_job(place: Workplace) -> None:
    _, job = await place.upload()
    stage = Received(job)
    await place.store.apply(stage.park(place.clock.now(), "401", "xosum"))
    assert "Cancelling" in await answer(place, f"cancel {job.id}")
    row = await place.store.job(job.id)
    assert row is not None
    assert row.cancel_by == "U0ALICE"  # by the one way there is, so what the provider holds is let go, too
    claimed = await place.store.claim("slack", [0, 1, 2], place.clock.now(), 60)
    assert claimed is not None
    assert claimed.id == job.id


async def test_an_unreachable_slack_is_said(place: Workplace) -> None:
    _, job = await place.upload(channel="C0CALLS")
    place.slack.fault(Fault("users.conversations", times=None, status=503))
    assert "try again in a minute" in await answer(place, f"status {job.id}")


def test_a_job_id_is_read_as_people_paste_it() -> None:
    assert CommandRequest("U", "C", ("status", "`ABC`")).job_id == "abc"
    assert CommandRequest("U", "C", ("status",)).job_id == ""


async def test_a_deleted_recording_is_not_said_to_be_under_way(place: Workplace) -> None:
    _, job = await place.upload()
    await place.answer(await place.store.apply(Received(job).delete(place.clock.now())))
    shown = await answer(place, f"retry {job.id}")
    assert "was deleted, so it cannot be tried again" in shown


async def test_a_button_that_comes_too_late_says_how_the_recording_stands(place: Workplace) -> None:
    message, job = await place.upload()
    await fail(place, job, ProblemCode.PROVIDER_DOWN)
    failure = place.ours(message)[-1]
    assert "Trying" in await answer(place, f"retry {job.id}")
    (job,) = await place.jobs(State.RECEIVED)
    transcript = spoken("one", "two")
    await place.answer(await place.replying(job, transcript), transcript)
    for action, said in (("retry_job", "is done; its transcript is in"), ("cancel_message", "is finished already")):
        pressed: dict[str, object] = {"type": "button", "action_id": action, "value": job.id, "block_id": "b"}
        await place.slack.interactions.message_action("U0ALICE", failure.channel, failure.ts, pressed)
        await place.slack.until(partial(whispered, place, message, said))


def whispered(place: Workplace, message: Message, said: str) -> bool:
    return any(shows(each, said) for each in place.whispers(message, "U0ALICE"))


async def test_what_slack_writes_as_an_entity_is_read_as_it_was_typed(place: Workplace) -> None:
    transcript = spoken("The R&D budget.")
    _, job = await place.upload()
    await place.answer(await place.replying(job, transcript), transcript)
    assert job.id in await answer(place, 'search "R&D budget"')  # which arrives as `R&amp;D`


def test_a_list_loses_no_line_however_slack_counts_its_characters() -> None:
    lines = [f"{number} " + "\N{MICROPHONE}" * 150 for number in range(30)]
    blocks = sections(lines)
    shown = "\n".join(str(as_object(block["text"])["text"]) for block in blocks)
    assert shown.split("\n") == lines
