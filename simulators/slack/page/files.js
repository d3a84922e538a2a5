// Draws the files of a message: recordings with a player, videos, pictures, texts with a preview, others as a card.

import { fileAddress } from "./api.js";
import { confirmDialog, textViewer } from "./dialogs.js";
import { h, icon } from "./dom.js";
import { size } from "./format.js";
import { audioPlayer } from "./player.js";
import { openMenu } from "./popover.js";
import { state } from "./store.js";
import { act } from "./sync.js";

const GONE = {
  tombstone: "This file was deleted.",
  hidden_by_limit: "This file is hidden because the workspace reached its storage limit.",
};
const AUDIO = /\.(wav|mp3|m4a|aac|ogg|oga|opus|flac|amr|webm|weba)$/i;
const PREVIEW_LINES = 8;
const WHOLE_TEXT = 2_000_000; // bytes; a longer text is offered as a download only

/** What a file is for the eye: "audio", "video", "image", "text" or "other". */
export function kindOf(file) {
  const type = file.mimetype ?? "";
  if (file.subtype === "slack_audio") return "audio";
  if (type.startsWith("video/")) return "video";
  if (type.startsWith("audio/") || (!type && AUDIO.test(file.name ?? ""))) return "audio";
  if (type.startsWith("image/")) return "image";
  if (file.preview !== undefined && file.preview !== null && file.preview !== "") return "text";
  if (/^text\/|json$/.test(type)) return "text";
  return "other";
}

/** Draws a file; `message` (or null) is the message that carries it. */
export function drawFile(file, message) {
  if (GONE[file.mode]) return h("div.file-card.quiet", {}, icon("trash"), h("span", {}, GONE[file.mode]));
  const kind = kindOf(file);
  const address = fileAddress(file, state.me.id);
  return h(
    "div.file-card",
    { class: `file-${kind}`, dataset: { fileId: file.id } },
    h(
      "div.file-head",
      {},
      h(
        "span.file-icon",
        {},
        kind === "audio" ? icon("wave") : kind === "video" ? icon("play") : h("span.file-type", {}, extension(file)),
      ),
      h(
        "span.file-words",
        {},
        h("span.file-name", { title: file.name }, file.title || file.name),
        h("span.file-meta", {}, meta(file, kind)),
      ),
      h(
        "a.icon-button",
        { href: address, download: file.name, "aria-label": `Download ${file.name}`, title: "Download" },
        icon("download"),
      ),
      mayDelete(message) && fileMenu(file),
    ),
    BODIES[kind]?.(file, address),
  );
}

const extension = (file) => (/\.([a-z0-9]{1,5})$/i.exec(file.name ?? "")?.[1] ?? file.filetype ?? "file").toUpperCase();

function meta(file, kind) {
  const word =
    file.subtype === "slack_audio"
      ? "Voice clip"
      : { audio: "Recording", video: "Video", image: "Image", text: "Text", other: "Document" }[kind];
  const ending = extension(file);
  return [
    file.subtype === "slack_audio" ? word : `${ending.length <= 4 ? ending : ""} ${word.toLowerCase()}`.trim(),
    size(file.size),
  ].join(" · ");
}

const BODIES = {
  audio: (file, address) =>
    file.size > 0
      ? audioPlayer(address, file.title || file.name, file.size)
      : h("div.player", {}, h("span.player-note", {}, "This file is empty.")),
  video: (file, address) =>
    h("video.file-player", { controls: true, preload: "metadata", src: address, "aria-label": file.name }),
  image: (file, address) =>
    h(
      "a",
      { href: address, target: "_blank", rel: "noreferrer" },
      h("img.file-image", { src: address, alt: file.title || file.name, loading: "lazy" }),
    ),
  text: (file, address) => textPreview(file, address),
};

function textPreview(file, address) {
  const lines = String(file.preview ?? "").split("\n");
  const shown = lines.slice(0, PREVIEW_LINES).join("\n");
  const whole = async () => (await fetch(address)).text();
  return [
    shown && h("pre.file-preview", { tabindex: "0", "aria-label": `Beginning of ${file.name}` }, shown),
    file.size <= WHOLE_TEXT &&
      h(
        "button.file-open",
        { type: "button", onclick: () => textViewer(file.title || file.name, whole, address) },
        icon("eye"),
        "Read the whole file",
      ),
  ];
}

function mayDelete(message) {
  return message && (message.user === state.me.id || state.me.is_admin);
}

function fileMenu(file) {
  const remove = async () => {
    const sure = await confirmDialog({
      title: "Delete this file?",
      text: `${file.name} will be gone for everybody.`,
      confirm: "Delete file",
      style: "danger",
    });
    if (sure) act("delete_file", { file: file.id });
  };
  const button = h(
    "button.icon-button",
    {
      type: "button",
      "aria-haspopup": "menu",
      "aria-expanded": "false",
      "aria-label": `More for ${file.name}`,
      title: "More",
      onclick: () =>
        openMenu(button, [{ label: "Delete file…", icon: "trash", danger: true, action: remove }], { label: "File" }),
    },
    icon("more"),
  );
  return button;
}
