// The list that appears above the composer while a slash command or a mention is being typed. It is a listbox
// steered from the text field: arrows choose, Enter or Tab takes, Esc closes.

import { fill, h, uniqueId } from "./dom.js";
import { avatar } from "./avatars.js";
import { bot, nameOf, state } from "./store.js";

const MOST = 8;

/** The name that stands for a user in what a person types. */
export const handleOf = (user) => user.name.replace(/\s+/g, ".");

/** What fits the text before the caret: {from, items:[{text, label, note, user?}]} or null. Pure. */
export function suggestions(text, { commands, users, inThread }) {
  const command = /^\/[\w-]*$/.exec(text);
  if (command && !inThread) {
    const items = commands
      .filter((one) => one.command.startsWith(text))
      .map((one) => ({
        text: `${one.command} `,
        label: one.command,
        usage: one.usage_hint ?? "",
        note: one.description ?? "",
      }));
    return items.length ? { from: 0, items } : null;
  }
  const argument = /^(\/[\w-]+) (\w*)$/.exec(text);
  const asked = argument && !inThread && commands.find((one) => one.command === argument[1]);
  if (asked) {
    const items = wordsOf(asked.usage_hint)
      .filter(({ word }) => word.startsWith(argument[2]))
      .map(({ word, rest }) => ({
        text: `${asked.command} ${word}${rest ? " " : ""}`,
        label: `${asked.command} ${word}`,
        usage: rest,
        note: "",
      }));
    return items.length ? { from: 0, items } : null;
  }
  const mention = /(?:^|[\s(])@([\w.-]*)$/.exec(text);
  if (!mention) return null;
  const typed = mention[1].toLowerCase();
  const fits = (user) =>
    [handleOf(user), user.real_name ?? ""].some((name) =>
      name
        .toLowerCase()
        .split(/\s+/)
        .some((word) => word.startsWith(typed)),
    );
  const items = users
    .filter(fits)
    .slice(0, MOST)
    .map((user) => ({
      text: `@${handleOf(user)} `,
      label: nameOf(user.id),
      note: `@${handleOf(user)}`,
      user: user.id,
    }));
  return items.length ? { from: text.length - mention[1].length - 1, items } : null;
}

/** The words a usage hint offers: "[status [job] | list]" -> [{word:"status",rest:"[job]"},{word:"list",rest:""}]. */
export function wordsOf(hint = "") {
  const inner = /^\[[^[\]]*(?:\[[^[\]]*\][^[\]]*)*\]$/.test(hint.trim()) ? hint.trim().slice(1, -1) : hint;
  if (!inner.includes("|")) return [];
  return inner
    .split("|")
    .map((part) => /^\s*([a-z]\w*)\s*(.*?)\s*$/.exec(part))
    .filter(Boolean)
    .map(([, word, rest]) => ({ word, rest }));
}

/** Attaches suggestions to a text field; answers {element, handle(event) -> taken, close()}. */
export function suggestList(field, { inThread }) {
  const id = uniqueId("suggest");
  const element = h("div.suggest", { role: "listbox", id, "aria-label": "Suggestions", hidden: true });
  let items = [];
  let from = 0;
  let active = 0;
  field.setAttribute("aria-controls", id);
  field.setAttribute("aria-autocomplete", "list");

  const close = () => {
    items = [];
    element.hidden = true;
    field.removeAttribute("aria-activedescendant");
  };
  const mark = (at) => {
    active = (at + items.length) % items.length;
    [...element.children].forEach((row, n) => {
      row.classList.toggle("active", n === active);
      row.setAttribute("aria-selected", String(n === active));
    });
    field.setAttribute("aria-activedescendant", element.children[active].id);
  };
  const take = (at) => {
    const item = items[at];
    const caret = field.selectionStart;
    field.setRangeText(item.text, from, caret, "end");
    close();
    field.dispatchEvent(new Event("input", { bubbles: true }));
    field.focus();
  };
  const refresh = () => {
    const users = [...state.users.values()]
      .filter((user) => user.id !== "USLACKBOT")
      .sort((a, b) => Number(b.id === bot()?.id) - Number(a.id === bot()?.id));
    const found = suggestions(field.value.slice(0, field.selectionStart), {
      commands: state.commands,
      users,
      inThread,
    });
    if (!found) return close();
    ({ from, items } = found);
    fill(
      element,
      items.map((item, n) =>
        h(
          "div.suggest-row",
          { role: "option", id: uniqueId("s"), onmousedown: (event) => event.preventDefault(), onclick: () => take(n) },
          item.user && avatar(item.user, "tiny"),
          h("span.suggest-label", {}, item.label),
          item.usage && h("span.suggest-usage", {}, item.usage),
          h("span.suggest-note", {}, item.note),
        ),
      ),
    );
    element.hidden = false;
    return mark(0);
  };
  field.addEventListener("input", refresh);
  field.addEventListener("blur", close);
  return {
    element,
    close,
    handle(event) {
      if (element.hidden) return false;
      const exact = items[active].text.trim() === field.value.trim();
      if (event.key === "ArrowDown") mark(active + 1);
      else if (event.key === "ArrowUp") mark(active - 1);
      else if ((event.key === "Enter" && !exact) || event.key === "Tab") take(active);
      else if (event.key === "Escape") close();
      else return false;
      event.preventDefault();
      event.stopPropagation();
      return true;
    },
  };
}
