// Dropping files on a pane: a frame says where they will go, and all of them are shared as one message.

import { h, icon } from "./dom.js";
import { count } from "./format.js";
import { shareFiles } from "./sync.js";

const hasFiles = (event) => [...(event.dataTransfer?.types ?? [])].includes("Files");

/** Lets `pane` take files; `target()` = {channel, threadTs, name} or null where nothing can be dropped. */
export function takeDrops(pane, target) {
  const words = h("span.drop-words");
  const note = h("span.drop-note", {}, "Several files make one message");
  const frame = h(
    "div.drop-frame",
    { hidden: true, "aria-hidden": "true" },
    h("div.drop-card", {}, icon("wave"), words, note),
  );
  pane.append(frame);
  let depth = 0; // enter and leave fire for every child
  const leave = () => {
    depth = 0;
    frame.hidden = true;
  };
  pane.addEventListener("dragenter", (event) => {
    if (!hasFiles(event) || !target()) return;
    event.preventDefault();
    depth += 1;
    const number = event.dataTransfer.items?.length ?? 0;
    words.textContent = `Drop ${number > 1 ? count(number, "file", "files") : "to share"} in ${target().name}`;
    frame.hidden = false;
  });
  pane.addEventListener("dragover", (event) => {
    if (!hasFiles(event) || !target()) return;
    event.preventDefault();
    event.dataTransfer.dropEffect = "copy";
  });
  pane.addEventListener("dragleave", () => {
    depth -= 1;
    if (depth <= 0) leave();
  });
  pane.addEventListener("drop", (event) => {
    const place = target();
    leave();
    if (!place || !hasFiles(event)) return;
    event.preventDefault();
    shareFiles({ channel: place.channel, threadTs: place.threadTs, files: event.dataTransfer.files });
  });
}

/** A file dropped beside the panes must not make the browser leave this page. */
export function guardWindow() {
  for (const name of ["dragover", "drop"]) {
    window.addEventListener(name, (event) => hasFiles(event) && event.preventDefault());
  }
}
