// A list of messages that changes in place: a message is redrawn only in the part that changed, so a recording
// keeps playing and a button keeps its focus while the thread goes on around it.

import { avatar } from "./avatars.js";
import { drawBlocks, keepFocus } from "./blocks.js";
import { fill, h, icon, uniqueId } from "./dom.js";
import { drawFile } from "./files.js";
import { count, dateOf, dayName, fullDate, timeOf } from "./format.js";
import { messageToolbar, addReaction } from "./message_menu.js";
import { externalOptions } from "./modals.js";
import { emoji, mrkdwn } from "./prose.js";
import { nameOf, openThread, state } from "./store.js";
import { act, toggleReaction } from "./sync.js";

const GROUP_SECONDS = 300; // messages of one person within this time share one head

/** A list element with `show(messages)`; `inThread` leaves out the summary of replies. */
export function messageList({ label, inThread = false }) {
  const element = h("div.messages", { role: "list", "aria-label": label });
  const items = new Map(); // ts -> item
  element.addEventListener("keydown", (event) => moveAmong(element, event));

  element.show = (messages) => {
    const wanted = new Set(messages.map((message) => message.ts));
    for (const [ts, item] of items) {
      if (wanted.has(ts)) continue;
      items.delete(ts);
      item.element.remove();
    }
    element.querySelectorAll(":scope > .day").forEach((day) => day.remove());
    let before = null;
    let cursor = element.firstChild;
    const place = (node) => {
      if (node === cursor) cursor = cursor.nextSibling;
      else element.insertBefore(node, cursor);
    };
    messages.forEach((message, n) => {
      const day = dayName(dateOf(message.ts));
      const newDay = !before || day !== dayName(dateOf(before.ts));
      if (newDay && !(inThread && n > 0))
        if (!inThread) place(h("div.day", { role: "presentation" }, h("span", {}, day)));
      let item = items.get(message.ts);
      if (!item) items.set(message.ts, (item = messageItem(message, inThread)));
      const follows =
        before &&
        !newDay &&
        before.user === message.user &&
        before.ephemeral === message.ephemeral &&
        !hasControls(message) &&
        Number(message.ts) - Number(before.ts) < GROUP_SECONDS;
      item.element.classList.toggle("follows", Boolean(follows) && !(inThread && n === 1));
      item.show(message);
      place(item.element);
      if (inThread && n === 0)
        place(
          h(
            "div.day.replies",
            { role: "presentation" },
            h("span", {}, messages.length > 1 ? count(messages.length - 1, "reply", "replies") : "No replies yet"),
          ),
        );
      before = message;
    });
    const all = [...element.querySelectorAll(":scope > .message")];
    if (!all.some((one) => one.tabIndex === 0)) all.at(-1)?.setAttribute("tabindex", "0");
  };
  return element;
}

// The toolbar stands in the head of a message; without a head it would lie on the message's own buttons.
const hasControls = (message) =>
  (message.blocks ?? []).some((block) => block.type === "actions" || block.type === "input" || block.accessory);

function moveAmong(list, event) {
  if (!event.target.classList.contains("message")) {
    const message = event.target.closest(".message");
    if (event.key === "Escape" && message && !event.target.closest(".popover")) {
      event.stopPropagation();
      message.focus();
    }
    return;
  }
  const all = [...list.querySelectorAll(":scope > .message")];
  const at = all.indexOf(event.target);
  const to = { ArrowUp: at - 1, ArrowDown: at + 1, Home: 0, End: all.length - 1 }[event.key];
  if (to === undefined || !all[to]) return;
  event.preventDefault();
  all.forEach((one) => one.setAttribute("tabindex", "-1"));
  all[to].setAttribute("tabindex", "0");
  all[to].focus();
}

const CHANGES = {
  head: (m) => [m.user, m.username, m.edited, m.ephemeral, state.users.get(m.user)?.name],
  body: (m) => [m.text, m.blocks],
  files: (m) => m.files,
  reactions: (m) => [m.reactions, state.me?.id],
  thread: (m) => [m.reply_count, m.latest_reply, m.reply_users],
};

function messageItem(first, inThread) {
  const nameId = uniqueId("name");
  const parts = Object.fromEntries(Object.keys(CHANGES).map((name) => [name, h(`div.message-${name}`)]));
  const face = h("div.message-face");
  const toolbar = h("div.message-tools", { role: "toolbar", "aria-label": "Message actions" });
  const element = h(
    "div.message",
    { role: "listitem", tabindex: "-1", "aria-labelledby": nameId, dataset: { ts: first.ts } },
    face,
    h("div.message-main", {}, parts.head, parts.body, parts.files, parts.reactions, inThread ? null : parts.thread),
    toolbar,
  );
  const seen = {};
  let message = first;
  const whole = () => message;

  const DRAW = {
    head: () => {
      fill(
        face,
        avatar(message.user),
        h("time.message-aside", { "aria-hidden": "true" }, timeOf(message.ts).replace(/\s?[AP]M$/i, "")),
      );
      element.classList.toggle("ephemeral", Boolean(message.ephemeral));
      fill(
        parts.head,
        message.ephemeral && h("div.only-you", {}, icon("eye"), "Only visible to you"),
        h(
          "div.message-by",
          {},
          h("span.message-name", { id: nameId }, message.username || nameOf(message.user)),
          message.bot && h("span.tag", {}, "app"),
          h(
            "time.message-time",
            { datetime: dateOf(message.ts).toISOString(), title: fullDate(message.ts) },
            timeOf(message.ts),
          ),
          message.edited && h("span.edited", {}, "edited"),
        ),
      );
    },
    body: () => keepFocus(parts.body, () => fill(parts.body, body(message))),
    files: () =>
      fill(
        parts.files,
        (message.files ?? []).map((file) => drawFile(file, message)),
      ),
    reactions: () => keepFocus(parts.reactions, () => fill(parts.reactions, reactions(message, whole))),
    thread: () => keepFocus(parts.thread, () => fill(parts.thread, threadSummary(message))),
  };
  fill(toolbar, messageToolbar(whole, { inThread }));
  return {
    element,
    show(next) {
      message = next;
      element.classList.toggle("leaving", Boolean(message.pending_delete));
      toolbar.hidden = Boolean(message.ephemeral);
      for (const [name, changes] of Object.entries(CHANGES)) {
        const print = JSON.stringify(changes(message));
        if (seen[name] === print) continue;
        seen[name] = print;
        DRAW[name]();
      }
    },
  };
}

function body(message) {
  if (!message.blocks?.length) return message.text ? h("div.prose", {}, mrkdwn(message.text)) : null;
  const values = {};
  return drawBlocks(message.blocks, {
    values,
    remember: (blockId, actionId, value) => {
      (values[blockId] ??= {})[actionId] = value;
    },
    act: (element, block, payload) =>
      act("action", {
        channel: message.channel,
        ts: message.ts,
        action_id: element.action_id,
        block_id: block.block_id,
        type: element.type,
        values,
        ...payload,
      }),
    options: (element, block, query) =>
      externalOptions({ element, block, query, channel: message.channel, ts: message.ts }),
  });
}

function reactions(message, whole) {
  const list = message.reactions ?? [];
  if (!list.length) return null;
  return [
    list.map(({ name, users }) => {
      const mine = users.includes(state.me.id);
      const who = users.map(nameOf).join(", ");
      return h(
        "button.reaction",
        {
          type: "button",
          "aria-pressed": String(mine),
          class: mine ? "mine" : null,
          title: `${who} reacted with :${name}:`,
          "aria-label": `${name.replaceAll("_", " ")}, ${count(users.length, "person", "people")}: ${who}`,
          dataset: { action: `react-${name}`, block: "" },
          onclick: () => toggleReaction(whole(), name),
        },
        emoji(name),
        h("span", {}, users.length),
      );
    }),
    !message.ephemeral && addReaction(whole, "reaction add"),
  ];
}

// A time of day does not grow stale while the page is open, as "2 minutes ago" would.
function lastWords(ts) {
  const day = dayName(dateOf(ts));
  return day === "Today" ? `at ${timeOf(ts)}` : `${day === "Yesterday" ? "yesterday" : `on ${day}`} at ${timeOf(ts)}`;
}

function threadSummary(message) {
  if (!message.reply_count) return null;
  return h(
    "button.thread-link",
    { type: "button", dataset: { action: "thread", block: "" }, onclick: () => openThread(message.ts) },
    h(
      "span.faces",
      {},
      (message.reply_users ?? []).slice(0, 3).map((id) => avatar(id, "tiny")),
    ),
    h("span.thread-count", {}, count(message.reply_count, "reply", "replies")),
    message.latest_reply &&
      h("span.thread-last", { title: fullDate(message.latest_reply) }, `last reply ${lastWords(message.latest_reply)}`),
    icon("left"),
  );
}
