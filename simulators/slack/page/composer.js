// Where a person writes: text with commands and mentions, files (button, paste), a voice clip, samples.

import { post } from "./api.js";
import { fill, h, icon } from "./dom.js";
import { size } from "./format.js";
import { escape } from "./mrkdwn.js";
import { openMenu } from "./popover.js";
import { startRecording } from "./recorder.js";
import { current, emit, isKnown, putMessage, state } from "./store.js";
import { handleOf, suggestList } from "./suggest.js";
import { postSample, report, shareFiles } from "./sync.js";

const INVITE = "/invite"; // the workspace's own command: brings the bot into a channel

/**
 * What is sent for what was typed: the three escapes, `@name` and `#channel` as ids, addresses as links. Pure.
 */
export function encode(text, users, channels) {
  const people = new Map(
    users.flatMap((user) => [
      [handleOf(user).toLowerCase(), user.id],
      [user.name.toLowerCase(), user.id],
    ]),
  );
  const rooms = new Map(
    channels.filter((channel) => !channel.is_im).map((channel) => [channel.name.toLowerCase(), channel.id]),
  );
  // Code stays as it was typed.
  return text
    .split(/(```[\s\S]*?```|`[^`\n]+`)/)
    .map((part, n) =>
      n % 2
        ? escape(part)
        : escape(part)
            .replace(/https?:\/\/[^\s<>|]+[^\s<>|.,:;!?)\]*_~]/g, "<$&>")
            .replace(/(^|[\s(])@([\p{L}\p{N}._-]*[\p{L}\p{N}_-])/gu, (whole, before, name) =>
              people.has(name.toLowerCase()) ? `${before}<@${people.get(name.toLowerCase())}>` : whole,
            )
            .replace(/(^|[\s(])#([\p{L}\p{N}._-]*[\p{L}\p{N}_-])/gu, (whole, before, name) =>
              rooms.has(name.toLowerCase()) ? `${before}<#${rooms.get(name.toLowerCase())}>` : whole,
            ),
    )
    .join("");
}

/** A composer for `target()` = {channel, threadTs}. `element.refresh()` follows the conversation; `focusField()`. */
export function composer(target, { inThread = false } = {}) {
  const drafts = new Map(); // "channel:thread" -> text
  const key = () => `${target().channel}:${target().threadTs ?? ""}`;
  let staged = [];
  let shown = null;
  const field = h("textarea.composer-field", { rows: "1", enterkeyhint: "send", autocomplete: "off" });
  const chips = h("div.chips", { role: "list", "aria-label": "Files to send", hidden: true });
  const files = h("input", {
    type: "file",
    multiple: true,
    hidden: true,
    tabindex: "-1",
    "aria-hidden": "true",
    onchange: () => {
      stage(files.files);
      files.value = "";
    },
  });
  const send = h(
    "button.send",
    { type: "button", "aria-label": "Send", title: "Send (Enter)", onclick: () => submit() },
    icon("send"),
  );
  const record = h(
    "button.icon-button",
    { type: "button", "aria-label": "Record a voice clip", title: "Record a voice clip", onclick: () => recordClip() },
    icon("mic"),
  );
  const samples = h(
    "button.icon-button.wide-label",
    {
      type: "button",
      "aria-haspopup": "menu",
      "aria-expanded": "false",
      "aria-label": "Samples: try a recording",
      title: "Try a sample recording",
      onclick: () =>
        openMenu(
          samples,
          state.samples.map((sample) => ({
            label: sample.title,
            hint: sample.licence,
            icon: "wave",
            action: () => postSample(sample.name),
          })),
          { label: "Samples", align: "start" },
        ),
    },
    icon("wave"),
    h("span", {}, "Samples"),
  );
  const suggest = suggestList(field, { inThread });
  const row = h(
    "div.composer-row",
    {},
    h(
      "button.icon-button",
      { type: "button", "aria-label": "Attach files", title: "Attach files", onclick: () => files.click() },
      icon("clip"),
    ),
    record,
    !inThread && samples,
    h("span.composer-hint", {}, h("kbd", {}, "Enter"), " sends, ", h("kbd", {}, "Shift Enter"), " breaks the line"),
    send,
    files,
  );
  const box = h("div.composer-box", {}, chips, field, row);
  const element = h("div.composer", {}, suggest.element, box);

  const grow = () => {
    field.style.height = "auto";
    field.style.height = `${Math.min(field.scrollHeight, 220)}px`;
    send.disabled = !field.value.trim() && !staged.length;
  };
  const stage = (list) => {
    staged = [...staged, ...list];
    drawChips();
    field.focus();
  };
  const drawChips = () => {
    chips.hidden = !staged.length;
    fill(
      chips,
      staged.map((file) =>
        h(
          "span.chip",
          { role: "listitem" },
          icon(/^(audio|video)/.test(file.type) ? "wave" : "file"),
          h("span.chip-name", {}, file.name),
          h("span.chip-size", {}, size(file.size)),
          h(
            "button.chip-drop",
            {
              type: "button",
              "aria-label": `Take ${file.name} away`,
              onclick: () => {
                staged = staged.filter((other) => other !== file);
                drawChips();
                field.focus();
              },
            },
            icon("close"),
          ),
        ),
      ),
    );
    grow();
  };

  async function submit() {
    const text = field.value.trim();
    const { channel, threadTs } = target();
    if (!text && !staged.length) return;
    suggest.close();
    if (/^\/[a-z]/i.test(text) && !staged.length) {
      if (await command(text, channel)) clear();
      return;
    }
    const wire = encode(text, [...state.users.values()], [...state.channels.values()]);
    const sending = staged;
    staged = [];
    drawChips();
    clear();
    try {
      if (sending.length) {
        if (!(await shareFiles({ channel, threadTs, text: wire, files: sending }))) restore(text, sending);
        return;
      }
      const body = { user: state.me.id, channel, text: wire, ...(threadTs ? { thread_ts: threadTs } : {}) };
      const { message } = await post("message", body);
      // Only if the live stream has not brought it: by now it may have replies that this answer knows nothing of.
      if (message && state.me.id === body.user && !isKnown(message)) putMessage(message);
    } catch (error) {
      restore(text, sending);
      report(error);
    }
  }

  function restore(text, sending) {
    if (!field.value) field.value = text;
    staged = [...sending, ...staged];
    drawChips();
  }

  async function command(text, channel) {
    const [, name, rest] = /^(\/\S+)\s*([\s\S]*)$/.exec(text);
    if (inThread) {
      emit("notice", { text: `${name} works in the channel, not inside a thread.`, kind: "error" });
      return false;
    }
    if (name !== INVITE && !state.commands.some((known) => known.command === name)) {
      const known = state.commands.map((one) => one.command).join(", ");
      emit("notice", { text: `${name} is not a command here.${known ? ` There is ${known}.` : ""}`, kind: "error" });
      return false;
    }
    // As it was typed: the workspace encodes it as Slack does.
    post("command", { user: state.me.id, channel, command: name, text: rest }).catch(report);
    return true;
  }

  function clear() {
    field.value = "";
    drafts.delete(key());
    grow();
  }

  async function recordClip() {
    record.disabled = true;
    const { channel, threadTs } = target();
    const recording = await startRecording();
    record.disabled = false;
    if (!recording) return;
    box.hidden = true;
    element.append(recording.element);
    recording.element.querySelector(".primary").focus();
    const file = await recording.done;
    recording.element.remove();
    box.hidden = false;
    field.focus();
    if (file) await shareFiles({ channel, threadTs, kind: "slack_audio", files: [file] });
  }

  field.addEventListener("input", () => {
    drafts.set(key(), field.value);
    grow();
  });
  field.addEventListener("keydown", (event) => {
    if (event.isComposing || suggest.handle(event)) return;
    if (event.key === "Enter" && !event.shiftKey && !event.altKey) {
      event.preventDefault();
      submit();
    }
  });
  field.addEventListener("paste", (event) => {
    const list = [...event.clipboardData.files];
    if (!list.length) return;
    event.preventDefault();
    stage(list);
  });

  element.refresh = () => {
    const channel = current();
    const words = inThread ? "Reply…" : `Message ${channel?.is_im ? channel.name : `#${channel?.name ?? ""}`}`;
    field.placeholder = words;
    field.setAttribute("aria-label", words);
    samples.hidden = !state.samples.length;
    if (shown !== key()) {
      shown = key();
      staged = [];
      field.value = drafts.get(shown) ?? "";
      drawChips();
    }
    grow();
  };
  /** Puts text into the field for the person to go on with. */
  element.begin = (text) => {
    field.value = text;
    field.dispatchEvent(new Event("input"));
    field.focus();
  };
  element.record = () => recordClip();
  element.focusField = () => field.focus({ preventScroll: true });
  return element;
}
