// What can be done with one message: react, reply in a thread, the app's shortcuts, copy, delete.

import { confirmDialog } from "./dialogs.js";
import { h, icon } from "./dom.js";
import { EMOJI, QUICK } from "./emoji.js";
import { plainText } from "./mrkdwn.js";
import { openMenu, openPopover, roveFocus } from "./popover.js";
import { emit, nameOf, openThread, parentOf, state } from "./store.js";
import { act, toggleReaction } from "./sync.js";

/** The buttons of a message; `whole()` gives the message as it is now. */
export function messageToolbar(whole, { inThread }) {
  const more = h(
    "button.icon-button",
    {
      type: "button",
      "aria-haspopup": "menu",
      "aria-expanded": "false",
      "aria-label": "More actions",
      title: "More actions",
      onclick: () => openMenu(more, menuItems(whole()), { label: "Message" }),
    },
    icon("more"),
  );
  return [
    addReaction(whole, "icon-button"),
    !inThread &&
      h(
        "button.icon-button",
        {
          type: "button",
          "aria-label": "Reply in thread",
          title: "Reply in thread",
          onclick: () => openThread(parentOf(whole()) ?? whole().ts),
        },
        icon("reply"),
      ),
    more,
  ];
}

/** A button that opens the choice of emoji for a message. */
export function addReaction(whole, className) {
  const button = h(
    "button",
    {
      type: "button",
      class: className,
      "aria-haspopup": "menu",
      "aria-expanded": "false",
      "aria-label": "Add reaction",
      title: "Add reaction",
      onclick: () => chooseEmoji(button, (name) => toggleReaction(whole(), name)),
    },
    icon("smile"),
  );
  return button;
}

function chooseEmoji(anchor, chosen) {
  let close = () => {};
  const one = (name) =>
    h(
      "button.emoji-choice",
      {
        type: "button",
        role: "menuitem",
        tabindex: "-1",
        title: `:${name}:`,
        "aria-label": name.replaceAll("_", " "),
        onclick: () => {
          close();
          chosen(name);
        },
      },
      EMOJI[name],
    );
  // One name per picture: several shortcodes may stand for the same one.
  const rest = [...new Map(Object.entries(EMOJI).map(([name, characters]) => [characters, name])).values()].filter(
    (name) => !QUICK.includes(name) && !["thumbsup"].includes(name),
  );
  const grid = h("div.emoji-grid", {}, [...QUICK, ...rest].map(one));
  const panel = h("div.emoji-panel", { role: "menu", "aria-label": "Reactions" }, grid);
  roveFocus(panel, () => [...panel.querySelectorAll("[role=menuitem]")]);
  close = openPopover(anchor, panel, { align: "end" });
  panel.querySelector("[role=menuitem]").focus();
}

function menuItems(message) {
  const shortcuts = state.shortcuts.map((shortcut) => ({
    label: shortcut.name,
    icon: "bolt",
    hint: "shortcut",
    action: () => act("shortcut", { channel: message.channel, ts: message.ts, callback_id: shortcut.callback_id }),
  }));
  const names = Object.fromEntries([...state.users.keys()].map((id) => [id, nameOf(id)]));
  const copy = { label: "Copy text", icon: "copy", action: () => copyText(plainText(message.text, names)) };
  const mine = message.user === state.me.id || state.me.is_admin;
  const remove = { label: "Delete message…", icon: "trash", danger: true, action: () => removeMessage(message) };
  return [
    ...shortcuts,
    shortcuts.length ? null : undefined,
    copy,
    mine ? null : undefined,
    mine ? remove : undefined,
  ].filter((item) => item !== undefined);
}

async function copyText(text) {
  try {
    await navigator.clipboard.writeText(text);
    emit("notice", { text: "Copied.", kind: "done" });
  } catch {
    emit("notice", { text: "This browser did not allow copying.", kind: "error" });
  }
}

async function removeMessage(message) {
  const text = message.files?.length
    ? "The message and its files will be gone for everybody."
    : "The message will be gone for everybody.";
  const sure = await confirmDialog({ title: "Delete this message?", text, confirm: "Delete", style: "danger" });
  if (sure) await act("delete", { channel: message.channel, ts: message.ts });
}
