// Rows that show files on their way up, at the foot of the pane they go to.

import { fill, h } from "./dom.js";
import { count, size } from "./format.js";
import { on, state } from "./store.js";

/** An element with the uploads of `target()` = {channel, threadTs}; `element.refresh()` when the target changes. */
export function uploadRows(target) {
  const element = h("div.uploads");
  const rows = new Map();
  const draw = () => {
    const { channel, threadTs } = target();
    const here = [...state.uploads.values()].filter(
      (row) => row.channel === channel && (row.threadTs ?? null) === (threadTs ?? null),
    );
    const ids = new Set(here.map((row) => row.id));
    for (const [id, row] of rows) {
      if (ids.has(id)) continue;
      row.element.remove();
      rows.delete(id);
    }
    for (const upload of here) {
      if (!rows.has(upload.id)) {
        rows.set(upload.id, create(upload));
        element.append(rows.get(upload.id).element);
      }
      rows.get(upload.id).show(upload);
    }
  };
  element.refresh = draw;
  on("uploads", draw);
  return element;
}

function create(upload) {
  const what = upload.names.length === 1 ? upload.names[0] : count(upload.names.length, "file", "files");
  const words = h("span.upload-words");
  const bar = h("progress.upload-bar", { max: "100", "aria-label": `Uploading ${what}` });
  const element = h(
    "div.upload",
    { role: "status" },
    words,
    bar,
    h("button.plain.small", { type: "button", onclick: () => upload.cancel() }, "Cancel"),
  );
  return {
    element,
    show({ loaded, total }) {
      const share = total ? Math.min(100, Math.round((loaded / total) * 100)) : 0;
      bar.value = share;
      fill(words, `Uploading ${what} · ${share < 100 ? `${share} % of ${size(total)}` : "almost there"}`);
    },
  };
}
