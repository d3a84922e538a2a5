// Small dialogs of the page itself: asking before an act (Block Kit's confirm object and our own questions) and
// showing a text file. Built on <dialog>, so focus is held and given back by the browser.

import { h, icon, uniqueId } from "./dom.js";
import { textObject } from "./prose.js";

/** Shows a dialog until it closes; resolves with its return value ("" when dismissed by Esc). */
export function showDialog(dialog) {
  document.body.append(dialog);
  return new Promise((resolve) => {
    dialog.addEventListener("close", () => {
      dialog.remove();
      resolve(dialog.returnValue);
    });
    dialog.showModal();
  });
}

/** Asks with a Block Kit confirm object {title, text, confirm, deny, style}; resolves true for yes. */
export async function confirmDialog({ title, text, confirm, deny, style }) {
  const [titleId, textId] = [uniqueId("title"), uniqueId("text")];
  const dialog = h(
    "dialog.dialog.small",
    { role: "alertdialog", "aria-labelledby": titleId, "aria-describedby": textId },
    h(
      "form",
      { method: "dialog" },
      h("h2.dialog-title", { id: titleId }, textObject(title ?? "Are you sure?")),
      h("div.dialog-body.prose", { id: textId }, textObject(text)),
      h(
        "div.dialog-foot",
        {},
        h("button.plain", { type: "submit", value: "no", formnovalidate: true }, textObject(deny ?? "Cancel")),
        h(
          "button.primary",
          { type: "submit", value: "yes", class: style === "danger" ? "danger" : null, autofocus: true },
          textObject(confirm ?? "Yes"),
        ),
      ),
    ),
  );
  return (await showDialog(dialog)) === "yes";
}

/** Shows the whole of a text file. `load` resolves to its characters. */
export function textViewer(name, load, downloadAddress) {
  const titleId = uniqueId("title");
  const body = h("pre.viewer-text", { tabindex: "0" }, "Loading…");
  const dialog = h(
    "dialog.dialog.wide",
    { "aria-labelledby": titleId },
    h(
      "div.dialog-head",
      {},
      h("h2.dialog-title", { id: titleId }, name),
      h(
        "a.icon-button",
        { href: downloadAddress, download: name, "aria-label": `Download ${name}`, title: "Download" },
        icon("download"),
      ),
      h("button.icon-button", { type: "button", "aria-label": "Close", onclick: () => dialog.close() }, icon("close")),
    ),
    h("div.dialog-body.flush", {}, body),
  );
  showDialog(dialog);
  load().then(
    (text) => body.replaceChildren(text),
    () => body.replaceChildren("This file could not be read."),
  );
}
