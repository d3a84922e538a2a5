// The interactive elements of Block Kit: buttons, selects, overflow menus, date pickers, checkboxes, radio
// buttons and text inputs. Each is drawn from the app's JSON and tells its surroundings what a person did.
//
// Surroundings ("where"): {act(element, block, payload), values, remember(blockId, actionId, value), options(element, block, query), inInput}

import { h, icon, uniqueId } from "./dom.js";
import { confirmDialog } from "./dialogs.js";
import { picker, fixedSource } from "./picker.js";
import { openMenu } from "./popover.js";
import { safeUrl, textObject, textOf } from "./prose.js";
import { nameOf, state } from "./store.js";

/** Draws one element; `labelled` is {id, describe} of the label it belongs to in an input block. */
export function drawElement(element, block, where, labelled = {}) {
  const draw = ELEMENTS[element.type];
  const node = draw
    ? draw(element, block, where, labelled)
    : h("span.not-drawn", {}, `“${element.type}” is not drawn in this workspace.`);
  node.dataset.action = element.action_id ?? "";
  node.dataset.block = block.block_id ?? "";
  return node;
}

const kept = (element, block, where) => where.values?.[block.block_id]?.[element.action_id];

async function perform(element, block, where, payload, control) {
  if (element.confirm && !(await confirmDialog(element.confirm))) return false;
  control?.classList.add("busy");
  control?.setAttribute("aria-busy", "true");
  try {
    await where.act(element, block, payload);
  } finally {
    control?.classList.remove("busy");
    control?.removeAttribute("aria-busy");
  }
  return true;
}

function button(element, block, where) {
  const press = () =>
    !node.classList.contains("busy") && perform(element, block, where, { value: element.value }, node);
  const url = element.url && safeUrl(element.url);
  const attributes = { class: element.style, "aria-label": element.accessibility_label, onclick: press };
  const node = url
    ? h(
        "a.bk-button",
        { ...attributes, href: url, target: "_blank", rel: "noreferrer noopener" },
        textObject(element.text),
      )
    : h("button.bk-button", { ...attributes, type: "button" }, textObject(element.text));
  return node;
}

function overflow(element, block, where) {
  const node = h(
    "button.bk-overflow",
    {
      type: "button",
      "aria-haspopup": "menu",
      "aria-expanded": "false",
      "aria-label": "More actions",
      onclick: () =>
        openMenu(
          node,
          element.options.map((option) => ({
            label: textOf(option.text),
            hint: option.description && textOf(option.description),
            action: () => {
              if (option.url && safeUrl(option.url)) window.open(safeUrl(option.url), "_blank", "noreferrer");
              perform(element, block, where, { selected_option: option }, node);
            },
          })),
          { label: "More actions" },
        ),
    },
    icon("more"),
  );
  return node;
}

/** Sends a change on (outside inputs, or with dispatch_action) and remembers it for view.state.values. */
async function changed(element, block, where, value, control) {
  where.remember(block.block_id, element.action_id, { type: element.type, ...value });
  if (where.inInput && !block.dispatch_action) return;
  await perform(element, block, where, value, control);
}

const personOption = (id) => ({ text: { type: "plain_text", text: nameOf(id) }, value: id });
const channelOption = (id) => {
  const channel = state.channels.get(id);
  return {
    text: { type: "plain_text", text: channel ? (channel.is_im ? channel.name : `#${channel.name}`) : id },
    value: id,
  };
};

// What each kind of select lists, and under which key Slack reports the choice (one, many).
const KINDS = {
  static: { keys: ["selected_option", "selected_options"], initial: ["initial_option", "initial_options"] },
  external: { keys: ["selected_option", "selected_options"], initial: ["initial_option", "initial_options"] },
  users: {
    keys: ["selected_user", "selected_users"],
    initial: ["initial_user", "initial_users"],
    make: personOption,
    list: () => [...state.users.keys()].map(personOption),
  },
  conversations: {
    keys: ["selected_conversation", "selected_conversations"],
    initial: ["initial_conversation", "initial_conversations"],
    make: channelOption,
    list: conversationIds,
  },
  channels: {
    keys: ["selected_channel", "selected_channels"],
    initial: ["initial_channel", "initial_channels"],
    make: channelOption,
    list: () => [...state.channels.values()].filter((c) => !c.is_im && !c.is_private).map((c) => channelOption(c.id)),
  },
};

function conversationIds(element) {
  const include = element.filter?.include;
  const kind = (channel) => (channel.is_im ? "im" : channel.is_private ? "private" : "public");
  return [...state.channels.values()]
    .filter((c) => !include || include.includes(kind(c)))
    .map((c) => channelOption(c.id));
}

function select(kindName, multiple) {
  const kind = KINDS[kindName];
  const key = kind.keys[multiple ? 1 : 0];
  return (element, block, where, labelled) => {
    const wrap = (raw) => [raw ?? []].flat().map((one) => (typeof one === "string" ? kind.make(one) : one));
    const before = kept(element, block, where);
    let initial = element[kind.initial[multiple ? 1 : 0]];
    if (!initial && element.default_to_current_conversation && state.channelId)
      initial = multiple ? [state.channelId] : state.channelId;
    const selected = wrap(before ? before[key] : initial);
    const report = (options) => {
      const plain = kind.make ? options.map((option) => option.value) : options;
      return { [key]: multiple ? plain : (plain[0] ?? null) };
    };
    if (!before) where.remember(block.block_id, element.action_id, { type: element.type, ...report(selected) });
    let source = fixedSource({ options: [] });
    if (kindName === "static") source = fixedSource(element);
    else if (kind.list) source = (query) => fixedSource({ options: kind.list(element) })(query);
    else source = (query) => where.options(element, block, query);
    const node = picker({
      source,
      selected,
      multiple,
      max: element.max_selected_items,
      remote: kindName === "external",
      minQuery: kindName === "external" ? (element.min_query_length ?? 3) : 0,
      placeholder: textOf(element.placeholder),
      label: labelled.text,
      onchange: (options) => changed(element, block, where, report(options), node),
    });
    return node;
  };
}

function choices(type, key) {
  return (element, block, where, labelled) => {
    const before = kept(element, block, where);
    const start = before ? before[key] : (element.initial_options ?? element.initial_option);
    let chosen = new Set([start ?? []].flat().map((option) => option.value));
    const report = () => {
      const options = element.options.filter((option) => chosen.has(option.value));
      return { [key]: type === "radio" ? (options[0] ?? null) : options };
    };
    if (!before) where.remember(block.block_id, element.action_id, { type: element.type, ...report() });
    const name = uniqueId("choice");
    const rows = element.options.map((option) => {
      const box = h("input", {
        type,
        name,
        checked: chosen.has(option.value),
        onchange: () => {
          if (type === "radio") chosen = new Set([option.value]);
          else if (box.checked) chosen.add(option.value);
          else chosen.delete(option.value);
          changed(element, block, where, report());
        },
      });
      return h(
        "label.choice",
        {},
        box,
        h(
          "span",
          {},
          textObject(option.text),
          option.description && h("span.option-note", {}, textObject(option.description)),
        ),
      );
    });
    return h("div.choices", { role: type === "radio" ? "radiogroup" : "group", "aria-labelledby": labelled.id }, rows);
  };
}

function picked(inputType, key, initial, encode = (v) => v || null, decode = (v) => v ?? "") {
  return (element, block, where, labelled) => {
    const before = kept(element, block, where);
    const start = before ? before[key] : (element[initial] ?? null);
    if (!before) where.remember(block.block_id, element.action_id, { type: element.type, [key]: start });
    const node = h("input.field", {
      type: inputType,
      value: decode(start),
      id: labelled.input,
      "aria-label": labelled.id ? null : textOf(element.placeholder) || "Date",
      "aria-describedby": labelled.describe,
      onchange: () => changed(element, block, where, { [key]: encode(node.value) }, node),
    });
    return node;
  };
}

const localStamp = (seconds) => {
  if (!seconds) return "";
  const date = new Date(seconds * 1000);
  return new Date(date.getTime() - date.getTimezoneOffset() * 60000).toISOString().slice(0, 16);
};

function textInput(inputType) {
  return (element, block, where, labelled) => {
    const before = kept(element, block, where);
    const start = before ? before.value : (element.initial_value ?? null);
    if (!before) where.remember(block.block_id, element.action_id, { type: element.type, value: start });
    const triggers = element.dispatch_action_config?.trigger_actions_on ?? ["on_enter_pressed"];
    const remember = () =>
      where.remember(block.block_id, element.action_id, { type: element.type, value: node.value || null });
    const dispatch = () => block.dispatch_action && perform(element, block, where, { value: node.value || null }, node);
    const attributes = {
      id: labelled.input,
      value: start ?? "",
      placeholder: textOf(element.placeholder),
      "aria-describedby": labelled.describe,
      maxlength: element.max_length,
      minlength: element.min_length,
      autofocus: element.focus_on_load,
      oninput: () => {
        remember();
        if (triggers.includes("on_character_entered")) dispatch();
      },
      onkeydown: (event) => {
        if (event.key !== "Enter" || element.multiline || event.isComposing) return;
        if (block.dispatch_action && triggers.includes("on_enter_pressed")) {
          event.preventDefault();
          dispatch();
        }
      },
    };
    const node = element.multiline
      ? h("textarea.field", { ...attributes, rows: "4" })
      : h("input.field", {
          ...attributes,
          type: inputType,
          step: element.is_decimal_allowed ? "any" : null,
          min: element.min_value,
          max: element.max_value,
        });
    return node;
  };
}

const ELEMENTS = {
  button,
  overflow,
  workflow_button: button,
  static_select: select("static", false),
  multi_static_select: select("static", true),
  external_select: select("external", false),
  multi_external_select: select("external", true),
  users_select: select("users", false),
  multi_users_select: select("users", true),
  conversations_select: select("conversations", false),
  multi_conversations_select: select("conversations", true),
  channels_select: select("channels", false),
  multi_channels_select: select("channels", true),
  checkboxes: choices("checkbox", "selected_options"),
  radio_buttons: choices("radio", "selected_option"),
  datepicker: picked("date", "selected_date", "initial_date"),
  timepicker: picked("time", "selected_time", "initial_time"),
  datetimepicker: picked(
    "datetime-local",
    "selected_date_time",
    "initial_date_time",
    (v) => (v ? new Date(v).getTime() / 1000 : null),
    localStamp,
  ),
  plain_text_input: textInput("text"),
  email_text_input: textInput("email"),
  url_text_input: textInput("url"),
  number_input: textInput("number"),
};
