// Sentences that appear for a while under the header, and the live region that reads new messages out.

import { h, icon } from "./dom.js";
import { on } from "./store.js";

const STAYS = 7000; // ms
const MOST = 4;

/** Shows `notice` events in `root` and reads `heard` events out in `region`. */
export function startNotices(root, region) {
  on("notice", ({ text, kind }) => {
    const element = h(
      "div.notice",
      { class: kind },
      icon(kind === "error" ? "alert" : "check"),
      h("span", {}, text),
      h(
        "button.icon-button",
        { type: "button", "aria-label": "Dismiss", onclick: () => element.remove() },
        icon("close"),
      ),
    );
    // A modal dialog makes the rest of the page inert and lies above it: the notice must be inside.
    const dialog = [...document.querySelectorAll("dialog[open]")].at(-1);
    if (dialog) {
      element.classList.add("in-dialog");
      element.setAttribute("role", "alert");
      dialog.append(element);
    } else root.append(element);
    while (root.children.length > MOST) root.firstChild.remove();
    setTimeout(() => element.remove(), STAYS);
  });
  on("heard", ({ text }) => {
    region.replaceChildren(h("p", {}, text));
  });
}
