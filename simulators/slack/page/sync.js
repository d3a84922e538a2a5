// Keeps the store true: loads what a person can see, applies live events, and reads everything again after a
// lost connection. Also the acts of a person that need more than one call.

import { CallError, ENDED, get, live, post, upload } from "./api.js";
import { plainText } from "./mrkdwn.js";
import {
  current,
  dropMessage,
  dropView,
  emit,
  forgetPerson,
  nameOf,
  on,
  openConversation,
  openThread,
  parentOf,
  putMessage,
  putView,
  setHistory,
  setReactions,
  setState,
  setThread,
  state,
} from "./store.js";

let stop = null;
let user = null;

/** Shows an error to the person as a sentence (an empty one is silent: the person cancelled). */
export function report(error) {
  if (!(error instanceof CallError)) throw error;
  if (error.message) emit("notice", { text: error.message, kind: "error" });
}

/** Runs a call for the current person; a refusal becomes a notice and null. */
export async function act(name, body) {
  try {
    return await post(name, { user: state.me.id, ...body });
  } catch (error) {
    report(error);
    return null;
  }
}

/** Becomes a person: loads their workspace and follows it live. */
export async function become(id, conversation = null) {
  stop?.();
  user = id;
  forgetPerson();
  const answer = await get("state", { user: id });
  if (user !== id) return;
  if (!answer.me) throw new CallError(`There is nobody called ${id} in this workspace.`, 404);
  setState(answer);
  const wanted =
    [conversation, state.channelId].find((c) => c && state.channels.has(c)) ?? state.channels.keys().next().value;
  state.channelId = null;
  openConversation(wanted);
  let first = true;
  stop = live(id, apply, (status) => {
    state.connection = status;
    emit("connection");
    if (status === "ended") emit("notice", { text: ENDED, kind: "error" });
    if (status === "live" && !first) resync().catch(report);
    // Between reading the state and the socket's opening something may have happened.
    if (status === "live" && first) refresh().catch(report);
    if (status === "live") first = false;
  });
}

/** Reads the whole state again after the connection was lost. */
async function resync() {
  const id = user;
  const answer = await get("state", { user: id });
  if (user !== id) return;
  setState(answer);
  for (const channel of [...state.messages.keys()]) if (channel !== state.channelId) state.messages.delete(channel);
  state.threads.clear();
  await refresh();
}

async function refresh() {
  await Promise.all([loadHistory(state.channelId), state.threadTs && loadThread(state.channelId, state.threadTs)]);
}

const logs = new Set(); // what the live stream brings while a page of messages is on its way

/** Reads messages and hands them to `take`; whatever changed meanwhile is applied once more on top. */
async function load(name, parameters, take) {
  const id = user;
  const log = [];
  logs.add(log);
  try {
    const { messages } = await get(name, { user: id, ...parameters });
    if (user !== id) return;
    take(messages);
    for (const event of log) REPLAY[event.type]?.(event);
  } finally {
    logs.delete(log);
  }
}

async function loadHistory(channel) {
  if (channel) await load("history", { channel }, (messages) => setHistory(channel, messages));
}

async function loadThread(channel, ts) {
  await load("thread", { channel, ts }, (messages) => setThread(channel, ts, messages));
}

on("conversation", () => {
  loadHistory(state.channelId).catch(report);
  if (state.tab === "home") act("home_opened", {});
});
on("thread", ({ changed }) => {
  if (changed && state.threadTs) loadThread(state.channelId, state.threadTs).catch(report);
});

const recount = new Map();

function recountReplies(channel) {
  clearTimeout(recount.get(channel));
  recount.set(
    channel,
    setTimeout(() => loadHistory(channel).catch(report), 50),
  );
}

const APPLY = {
  message: ({ message }) => {
    const fresh = putMessage(message);
    if (fresh) arrived(message);
  },
  message_changed: ({ message }) => putMessage(message),
  message_deleted: (event) => {
    if (dropMessage(event)) recountReplies(event.channel);
  },
  reaction: setReactions,
  view_opened: ({ view }) => putView(view),
  view_updated: ({ view }) => (view.type === "home" ? APPLY.home({ view }) : putView(view)),
  view_closed: ({ view_id: id }) => dropView(id),
  home: ({ view }) => {
    state.home = view;
    emit("home");
  },
  bot: ({ online }) => {
    state.botOnline = online;
    emit("state");
  },
  channel: ({ channel }) => {
    state.channels.set(channel.id, channel);
    emit("state");
    emit("channel");
  },
};

const REPLAY = { ...APPLY, message: ({ message }) => putMessage(message), message_deleted: dropMessage };
for (const kind of ["view_opened", "view_updated", "view_closed", "home", "bot", "channel"]) delete REPLAY[kind];

function apply(event) {
  for (const log of logs) log.push(event);
  APPLY[event.type]?.(event);
}

function arrived(message) {
  if (message.user === state.me.id && !message.bot) return;
  const text = plainText(message.text, Object.fromEntries([...state.users.keys()].map((id) => [id, nameOf(id)])));
  const where =
    message.channel === state.channelId
      ? ""
      : ` in ${state.channels.get(message.channel)?.name ?? "another conversation"}`;
  emit("heard", { text: `${message.username || nameOf(message.user)}${where}: ${text.slice(0, 200) || "a file"}` });
  if (message.channel !== state.channelId) {
    state.unread.set(message.channel, (state.unread.get(message.channel) ?? 0) + 1);
    emit("state");
  }
  followReply(message);
}

const mine = new Set(); // recordings this person has just shared, whose first answer opens the thread

function followReply(message) {
  const parent = parentOf(message);
  if (!parent || !message.bot || !mine.delete(`${message.channel}:${parent}`)) return;
  emit("answered", { channel: message.channel, ts: parent });
  const roomy = window.matchMedia("(min-width: 900px)").matches;
  if (message.channel === state.channelId && !state.threadTs && roomy) openThread(parent, { focus: false });
}

function watchForAnswer(answer) {
  const message = answer?.message;
  if (!message || parentOf(message)) return;
  mine.add(`${message.channel}:${message.ts}`);
  // The bot may have been quicker than the answer to the upload.
  const known = state.messages.get(message.channel)?.get(message.ts);
  const by = known?.reply_users?.some((id) => state.users.get(id)?.is_bot);
  if (by) followReply({ channel: message.channel, bot: true, ts: known.latest_reply, thread_ts: message.ts });
}

/** Posts a bundled sample to the current conversation. */
export async function postSample(name, channel = state.channelId) {
  watchForAnswer(await act("sample", { channel, name }));
}

let uploads = 0;

/** Shares files in a conversation or thread, with a row of progress; resolves true when they are shared. */
export async function shareFiles({ channel, threadTs = null, text = "", kind = null, files }) {
  const list = [...files].filter(Boolean);
  if (!list.length) return false;
  uploads += 1;
  const row = {
    id: uploads,
    channel,
    threadTs,
    names: list.map((file) => file.name),
    loaded: 0,
    total: list.reduce((n, f) => n + f.size, 0),
  };
  const { done, cancel } = upload(
    { user: state.me.id, channel, threadTs, text, kind, files: list },
    (loaded, total) => {
      Object.assign(row, { loaded, total });
      emit("uploads");
    },
  );
  row.cancel = cancel;
  state.uploads.set(row.id, row);
  emit("uploads");
  try {
    watchForAnswer(await done);
    return true;
  } catch (error) {
    report(error);
    return false;
  } finally {
    state.uploads.delete(row.id);
    emit("uploads");
  }
}

/** Adds or takes back the current person's reaction. */
export async function toggleReaction(message, name) {
  const has = message.reactions?.some((reaction) => reaction.name === name && reaction.users.includes(state.me.id));
  await act("react", { channel: message.channel, ts: message.ts, name, remove: Boolean(has) });
}

/** Opens the bot's App Home tab. */
export function openHome() {
  const conversation = [...state.channels.values()].find((channel) => channel.is_im);
  if (conversation) openConversation(conversation.id, { tab: "home" });
}

/** True in the conversation with the bot. */
export const inBotConversation = () => Boolean(current()?.is_im);
