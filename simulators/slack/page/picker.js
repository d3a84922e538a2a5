// The select of Block Kit: a button that opens a searchable list (combobox and listbox roles). It serves static,
// external, people and conversation selects, single and multiple.
//
// Option: {text: TextObject, value, description?}. A source is `async (query) => [{label, options}]`.

import { fill, h, icon, uniqueId } from "./dom.js";
import { openPopover } from "./popover.js";
import { textObject, textOf } from "./prose.js";

const DEBOUNCE = 150; // ms of quiet before an external source is asked

/**
 * A picker element. `onchange(options)` gets the whole selection; `element.setDisabled` and `element.selection`
 * are its surface. With `multiple`, choosing toggles and the list stays open.
 */
export function picker({
  source,
  selected = [],
  placeholder,
  label,
  multiple = false,
  max = 100,
  minQuery = 0,
  remote = false,
  onchange,
}) {
  let chosen = [...selected];
  const face = h("span.picker-face");
  const button = h(
    "button.picker",
    { type: "button", "aria-haspopup": "listbox", "aria-expanded": "false", onclick: () => open() },
    face,
    icon("down"),
  );
  const draw = () => {
    const words = chosen.map((option) => textOf(option.text)).join(", ");
    fill(face, words || placeholder || "Choose…");
    button.classList.toggle("unchosen", !words);
    button.setAttribute("aria-label", [label, words || placeholder || "nothing chosen"].filter(Boolean).join(": "));
  };
  draw();
  button.addEventListener("keydown", (event) => {
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault();
      open();
    }
  });

  const choose = (option) => {
    if (!multiple) chosen = [option];
    else if (chosen.some((other) => other.value === option.value))
      chosen = chosen.filter((other) => other.value !== option.value);
    else if (chosen.length < max) chosen = [...chosen, option];
    draw();
    onchange([...chosen]);
  };

  function open() {
    const listId = uniqueId("list");
    const list = h("div.listbox", {
      role: "listbox",
      id: listId,
      "aria-label": label || placeholder || "Options",
      "aria-multiselectable": multiple ? "true" : null,
    });
    const search = h("input.picker-search", {
      type: "text",
      role: "combobox",
      "aria-expanded": "true",
      "aria-controls": listId,
      "aria-autocomplete": "list",
      "aria-label": label ? `Search: ${label}` : "Search",
      placeholder: "Search",
      autocomplete: "off",
      spellcheck: "false",
    });
    const panel = h(
      "div.picker-panel",
      { role: "dialog", "aria-label": label || placeholder || "Choose" },
      h("div.picker-top", {}, icon("search"), search),
      list,
    );
    const close = openPopover(button, panel);
    let active = -1;
    let asked = 0;

    const rows = () => [...list.querySelectorAll("[role=option]")];
    const mark = (at) => {
      const all = rows();
      active = all.length ? (at + all.length) % all.length : -1;
      all.forEach((row, n) => row.classList.toggle("active", n === active));
      if (active >= 0) {
        search.setAttribute("aria-activedescendant", all[active].id);
        all[active].scrollIntoView({ block: "nearest" });
      } else search.removeAttribute("aria-activedescendant");
    };
    const show = (groups, keep = false) => {
      const before = active;
      fill(
        list,
        groups.map((group) => [
          group.label && group.options.length > 0 && h("div.option-group", { role: "presentation" }, group.label),
          group.options.map((option) => row(option)),
        ]),
      );
      if (!rows().length) fill(list, h("div.picker-empty", {}, "Nothing matches."));
      const at = rows().findIndex((element) => element.getAttribute("aria-selected") === "true");
      mark(keep ? before : Math.max(0, at));
    };
    let groupsNow = [];
    const row = (option) => {
      const on = chosen.some((other) => other.value === option.value);
      return h(
        "div.option",
        {
          role: "option",
          id: uniqueId("option"),
          "aria-selected": String(on),
          onclick: () => {
            choose(option);
            if (multiple) show(groupsNow, true);
            else close();
          },
        },
        h("span.option-check", {}, on && icon("check")),
        h(
          "span",
          {},
          textObject(option.text),
          option.description && h("span.option-note", {}, textObject(option.description)),
        ),
      );
    };
    const load = async () => {
      const query = search.value.trim();
      asked += 1;
      const mine = asked;
      if (query.length < minQuery) {
        fill(list, h("div.picker-empty", {}, `Type ${minQuery === 1 ? "a letter" : `${minQuery} letters`} to search.`));
        return;
      }
      if (remote && !groupsNow.length) fill(list, h("div.picker-empty", {}, "Loading…"));
      const groups = await source(query);
      if (mine !== asked) return;
      groupsNow = groups;
      show(groups);
    };
    let timer = null;
    search.addEventListener("input", () => {
      clearTimeout(timer);
      timer = setTimeout(load, remote ? DEBOUNCE : 0);
    });
    search.addEventListener("keydown", (event) => {
      if (event.key === "ArrowDown") mark(active + 1);
      else if (event.key === "ArrowUp") mark(active - 1);
      else if (event.key === "Enter") rows()[active]?.click();
      else if (event.key === "Tab") return close();
      else return undefined;
      event.stopPropagation();
      return event.preventDefault();
    });
    search.focus();
    load();
  }

  const element = multiple ? h("div.picker-multi", {}, button) : button;
  element.setDisabled = (off) => {
    button.disabled = off;
  };
  return element;
}

/** A source over fixed options or option groups. */
export function fixedSource({ options, option_groups: groups }) {
  const all = groups
    ? groups.map((g) => ({ label: textOf(g.label), options: g.options }))
    : [{ label: null, options: options ?? [] }];
  return async (query) => {
    const words = query.toLocaleLowerCase();
    const fits = (option) => textOf(option.text).toLocaleLowerCase().includes(words);
    return all.map((group) => ({ ...group, options: query ? group.options.filter(fits) : group.options }));
  };
}
