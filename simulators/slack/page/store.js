// What the page knows, and who wants to hear when it changes. No network and no drawing here: sync.js brings
// facts in, the views draw them.

export const state = {
  team: null,
  me: null, // the person being acted as
  users: new Map(),
  channels: new Map(),
  commands: [],
  shortcuts: [],
  samples: [],
  notice: "", // a sentence for the header
  botOnline: false,
  connection: "connecting", // "connecting" | "live" | "lost" | "ended"
  home: null,
  channelId: null,
  tab: "messages", // "messages" | "home", in the bot's conversation
  threadTs: null,
  messages: new Map(), // channel -> Map(ts -> root message)
  threads: new Map(), // "channel:ts" -> Map(ts -> message, parent included)
  unread: new Map(), // channel -> number
  views: [], // open modals, bottom first
  uploads: new Map(), // id -> {id, channel, threadTs, names, loaded, total, cancel}
};

const listeners = new Map();

/** Calls `listener(detail)` whenever `topic` changes. */
export function on(topic, listener) {
  if (!listeners.has(topic)) listeners.set(topic, new Set());
  listeners.get(topic).add(listener);
}

/** Tells all listeners of `topic`. */
export function emit(topic, detail) {
  for (const listener of listeners.get(topic) ?? []) listener(detail);
}

export const threadKey = (channel, ts) => `${channel}:${ts}`;

/** The ts of the thread a message belongs to as a reply, or null for a message of the channel itself. */
export function parentOf(message) {
  return message.thread_ts && message.thread_ts !== message.ts ? message.thread_ts : null;
}

/** A name to show for a user id. */
export function nameOf(id) {
  const user = state.users.get(id);
  if (!user) return id ?? "Somebody";
  return user.is_bot ? user.name : user.real_name || user.name;
}

/** The bot of this workspace, if it has one. */
export function bot() {
  return [...state.users.values()].find((user) => user.is_bot && user.id !== "USLACKBOT") ?? null;
}

/** A person of this workspace whom the page does not act as. */
export function otherPerson() {
  return [...state.users.values()].find(
    (user) => !user.is_bot && user.id !== "USLACKBOT" && user.id !== state.me?.id,
  );
}

/** The first name of a person. */
export const firstName = (user) => user.real_name?.split(" ")[0] || user.name;

export const current = () => state.channels.get(state.channelId) ?? null;

/** Takes the whole state that the server gives for one person. */
export function setState(answer) {
  Object.assign(state, {
    team: answer.team,
    me: answer.me,
    users: new Map(answer.users.map((user) => [user.id, user])),
    channels: new Map(answer.channels.map((channel) => [channel.id, channel])),
    commands: answer.commands ?? [],
    shortcuts: answer.shortcuts ?? [],
    samples: answer.samples ?? [],
    notice: answer.notice ?? "",
    botOnline: Boolean(answer.bot_online),
    home: answer.home ?? null,
  });
  emit("state");
}

/** Forgets what only the last person could see. */
export function forgetPerson() {
  state.messages.clear();
  state.threads.clear();
  state.unread.clear();
  state.views = [];
  state.threadTs = null;
  state.home = null;
  emit("views");
}

/** Shows a conversation. */
export function openConversation(id, { tab = "messages" } = {}) {
  if (!state.channels.has(id)) return;
  const changed = state.channelId !== id;
  state.channelId = id;
  state.tab = tab;
  if (changed) state.threadTs = null;
  state.unread.delete(id);
  emit("conversation", { changed });
  emit("thread", { changed: true });
}

/** Shows a thread of the current conversation, or none (null). */
export function openThread(ts, { focus = true } = {}) {
  if (state.threadTs === ts) return;
  state.threadTs = ts;
  emit("thread", { changed: true, focus });
}

/** Replaces a channel's root messages. */
export function setHistory(channel, messages) {
  state.messages.set(channel, new Map(messages.map((message) => [message.ts, message])));
  emit("messages", { channel });
}

/** Replaces a thread's messages. */
export function setThread(channel, ts, messages) {
  state.threads.set(threadKey(channel, ts), new Map(messages.map((message) => [message.ts, message])));
  emit("thread", { channel, ts });
}

/** A new or changed message; returns true if it was not known. */
export function putMessage(message) {
  const parent = parentOf(message);
  if (parent) return putReply(message, parent);
  const roots = state.messages.get(message.channel);
  if (!roots) return true;
  const before = roots.get(message.ts);
  const { reply_count, latest_reply, reply_users } = before ?? {};
  const merged = { ...(before ? { reply_count, latest_reply, reply_users } : {}), ...message };
  roots.set(message.ts, merged);
  emit("messages", { channel: message.channel });
  const thread = state.threads.get(threadKey(message.channel, message.ts));
  if (thread) {
    thread.set(message.ts, merged);
    emit("thread", { channel: message.channel, ts: message.ts });
  }
  return !before;
}

/** Whether a message is in the store already. */
export function isKnown(message) {
  const parent = parentOf(message);
  const holder = parent ? state.threads.get(threadKey(message.channel, parent)) : state.messages.get(message.channel);
  return holder?.has(message.ts) ?? false;
}

function putReply(message, parent) {
  const thread = state.threads.get(threadKey(message.channel, parent));
  const known = thread?.has(message.ts) ?? false;
  if (thread) {
    thread.set(message.ts, message);
    emit("thread", { channel: message.channel, ts: parent });
  }
  const root = state.messages.get(message.channel)?.get(parent);
  // The server may send the parent anew before or after the reply: the later ts tells whether it is counted.
  if (root && !message.ephemeral && Number(message.ts) > Number(root.latest_reply ?? 0)) {
    root.reply_count = (root.reply_count ?? 0) + 1;
    root.latest_reply = message.ts;
    root.reply_users = [...new Set([...(root.reply_users ?? []), message.user])];
    emit("messages", { channel: message.channel });
    return true;
  }
  return !known;
}

/** Forgets a message; returns the thread whose counts are now stale, if it was a reply. */
export function dropMessage({ channel, ts, thread_ts: threadTs }) {
  const parent = threadTs && threadTs !== ts ? threadTs : null;
  if (parent) {
    state.threads.get(threadKey(channel, parent))?.delete(ts);
    emit("thread", { channel, ts: parent });
    return parent;
  }
  state.messages.get(channel)?.delete(ts);
  for (const [key, thread] of state.threads) {
    if (key.startsWith(`${channel}:`) && thread.delete(ts)) emit("thread", { channel, ts: key.split(":")[1] });
  }
  if (state.channelId === channel && state.threadTs === ts) openThread(null);
  emit("messages", { channel });
  return null;
}

/** Sets the reactions of a message wherever it is shown. */
export function setReactions({ channel, ts, reactions }) {
  const holders = [
    state.messages.get(channel),
    ...[...state.threads].filter(([key]) => key.startsWith(`${channel}:`)).map(([, t]) => t),
  ];
  for (const holder of holders) {
    const message = holder?.get(ts);
    if (message) holder.set(ts, { ...message, reactions });
  }
  emit("messages", { channel });
  emit("thread", { channel });
}

/** Opens, replaces (same id) or pushes a modal. */
export function putView(view) {
  const at = state.views.findIndex((open) => open.id === view.id);
  if (at < 0) state.views = [...state.views, view];
  else state.views = state.views.with(at, view);
  emit("views");
}

/** Closes a modal, if it is open. */
export function dropView(id) {
  const left = state.views.filter((view) => view.id !== id);
  if (left.length === state.views.length) return;
  state.views = left;
  emit("views");
}

/** The files of every message that is loaded, by id. */
export function findFile(id) {
  for (const holder of [...state.messages.values(), ...state.threads.values()]) {
    for (const message of holder.values()) {
      const file = message.files?.find((candidate) => candidate.id === id);
      if (file) return file;
    }
  }
  return null;
}
