// Draws Block Kit: the blocks of messages, modals and the App Home. Interactive parts are in elements.js.

import { h, icon, uniqueId } from "./dom.js";
import { fileAddress } from "./api.js";
import { drawElement } from "./elements.js";
import { drawFile } from "./files.js";
import { drawChart } from "./charts.js";
import { parseMarkdown } from "./markdown.js";
import { prose, safeUrl, textObject, textOf } from "./prose.js";
import { richTextNodes } from "./richtext.js";
import { findFile, state } from "./store.js";

/** Blocks with a block_id each, as Slack gives one to those that the app left without. */
export function withIds(blocks) {
  return (blocks ?? []).map((block, n) => (block.block_id ? block : { ...block, block_id: `block-${n}` }));
}

/** Draws blocks. `where` is described in elements.js. */
export function drawBlocks(blocks, where) {
  return h(
    "div.blocks",
    {},
    withIds(blocks).map((block) => {
      const node =
        BLOCKS[block.type]?.(block, where) ??
        h("div.not-drawn", {}, `A block of type “${block.type}” is not drawn in this workspace.`);
      node.classList.add("block");
      node.dataset.blockId = block.block_id;
      return node;
    }),
  );
}

/** The address of an image of the app: https, or a file of this workspace. */
function imageAddress(image) {
  const file = image.slack_file;
  const known = file && (file.url ? { url: file.url } : findFile(file.id));
  if (known) return fileAddress(known, state.me.id);
  return safeUrl(image.image_url ?? "");
}

function picture(image, className) {
  const address = imageAddress(image);
  if (!address) return h("span.not-drawn", {}, image.alt_text || "An image that cannot be shown");
  return h(`img.${className}`, {
    src: address,
    alt: image.alt_text ?? "",
    loading: "lazy",
    referrerpolicy: "no-referrer",
  });
}

const BLOCKS = {
  header: (block) => h("div.bk-header", { role: "heading", "aria-level": "3" }, textObject(block.text)),
  divider: () => h("hr.bk-divider"),
  section: (block, where) =>
    h(
      "div.bk-section",
      {},
      h(
        "div.bk-section-main",
        {},
        block.text && h("div.prose", {}, textObject(block.text)),
        block.fields &&
          h(
            "div.bk-fields",
            {},
            block.fields.map((field) => h("div.bk-field.prose", {}, textObject(field))),
          ),
      ),
      block.accessory &&
        h(
          "div.bk-accessory",
          {},
          block.accessory.type === "image"
            ? picture(block.accessory, "bk-thumb")
            : drawElement(block.accessory, block, where),
        ),
    ),
  context: (block) =>
    h(
      "div.bk-context",
      {},
      block.elements.map((element) =>
        element.type === "image" ? picture(element, "bk-icon") : h("span.prose", {}, textObject(element)),
      ),
    ),
  actions: (block, where) =>
    h(
      "div.bk-actions",
      {},
      block.elements.map((element) => drawElement(element, block, where)),
    ),
  context_actions: (block, where) =>
    h(
      "div.bk-actions",
      {},
      block.elements.map((element) => drawElement(element, block, where)),
    ),
  image: (block) =>
    h("figure.bk-image", {}, block.title && h("figcaption", {}, textObject(block.title)), picture(block, "bk-picture")),
  rich_text: (block) => h("div.prose", {}, prose(richTextNodes(block))),
  markdown: (block) => h("div.prose", {}, prose(parseMarkdown(block.text))),
  table: (block) => h("div.prose", {}, prose([{ type: "table", rows: block.rows.map((row) => row.map(cellNodes)) }])),
  video: (block) =>
    h(
      "div.bk-video",
      {},
      h("div.prose", {}, textObject(block.title)),
      picture({ image_url: block.thumbnail_url, alt_text: block.alt_text }, "bk-picture"),
    ),
  file: (block) => {
    const file = findFile(block.file_id ?? block.external_id);
    return file
      ? drawFile(file, null)
      : h("div.file-card.quiet", {}, icon("file"), h("span", {}, `File ${block.external_id ?? block.file_id ?? ""}`));
  },
  container: drawContainer,
  data_visualization: drawChart,
  input: drawInput,
};

const folds = new Map(); // whether a reader has a container open, by its block_id: a redraw keeps it so

function drawContainer(block, where) {
  const title = [
    block.icon && picture(block.icon, "bk-icon"),
    h(
      "span.bk-container-title",
      {},
      block.rich_text_title ? prose(richTextNodes(block.rich_text_title)) : textObject(block.title),
    ),
    block.subtitle && h("span.bk-container-subtitle", {}, textObject(block.subtitle)),
  ];
  const content = h("div.bk-container-content", {}, drawBlocks(block.child_blocks, where));
  const width = `width-${block.width ?? "standard"}`;
  if (!block.is_collapsible) {
    const divided = block.has_header_divider ? "divided" : "";
    return h("section.bk-container", { class: `${width} ${divided}` }, h("div.bk-container-head", {}, title), content);
  }
  const open = folds.get(block.block_id) ?? !block.default_collapsed;
  const node = h("details.bk-container", { class: width, open }, h("summary.bk-container-head", {}, title), content);
  node.addEventListener("toggle", () => folds.set(block.block_id, node.open));
  return node;
}

const cellNodes = (cell) =>
  cell.type === "rich_text" ? richTextNodes(cell) : [{ type: "text", text: cell.text ?? "" }];

function drawInput(block, where) {
  const [labelId, inputId, hintId, errorId] = ["label", "input", "hint", "error"].map((name) => uniqueId(name));
  const single = !["checkboxes", "radio_buttons"].includes(block.element.type);
  const labelled = { id: labelId, input: inputId, text: textOf(block.label), describe: `${hintId} ${errorId}` };
  return h(
    "div.bk-input",
    { dataset: { optional: String(Boolean(block.optional)) } },
    h(
      "label.bk-label",
      { id: labelId, for: single ? inputId : null },
      textObject(block.label),
      block.optional && h("span.bk-optional", {}, " (optional)"),
    ),
    drawElement(block.element, block, { ...where, inInput: true }, labelled),
    h("div.bk-hint", { id: hintId }, block.hint && textObject(block.hint)),
    h("div.bk-error", { id: errorId, role: "alert" }),
  );
}

/** Shows errors ({block_id: text}) in a drawn form and focuses the first; returns the ids that have no place. */
export function showErrors(form, errors) {
  const unplaced = [];
  let first = null;
  for (const input of form.querySelectorAll(".bk-input")) {
    const text = errors[input.dataset.blockId];
    const slot = input.querySelector(".bk-error");
    slot.replaceChildren(...(text ? [icon("alert"), text] : []));
    const control = input.querySelector("input, textarea, button");
    input.classList.toggle("wrong", Boolean(text));
    if (text) control?.setAttribute("aria-invalid", "true");
    else control?.removeAttribute("aria-invalid");
    if (text && !first) first = control;
  }
  for (const id of Object.keys(errors)) {
    if (!form.querySelector(`.bk-input[data-block-id="${CSS.escape(id)}"]`)) unplaced.push(id);
  }
  first?.focus();
  return unplaced;
}

/** Puts focus back on the element that had it before a redraw. */
export function keepFocus(root, redraw) {
  const held = document.activeElement;
  const key = root.contains(held) ? held.closest("[data-action]") : null;
  const selector =
    key && `[data-action="${CSS.escape(key.dataset.action)}"][data-block="${CSS.escape(key.dataset.block)}"]`;
  const inside = root.contains(held);
  redraw();
  if (!inside || root.contains(document.activeElement)) return;
  const again = selector && root.querySelector(selector);
  const target = again?.matches("button, a, input, textarea")
    ? again
    : again?.querySelector("button, a, input, textarea");
  (target ?? root.closest("[tabindex]"))?.focus?.({ preventScroll: true });
}
