// The stack of modals that an app opened (views.open, push, update). Each view is a <dialog>; those below the top
// stay in place, hidden, with what was typed into them.

import { post } from "./api.js";
import { drawBlocks, keepFocus, showErrors, withIds } from "./blocks.js";
import { fill, h, icon, uniqueId } from "./dom.js";
import { textObject, textOf } from "./prose.js";
import { dropView, emit, on, state } from "./store.js";
import { act, report } from "./sync.js";

const open = new Map(); // view id -> {dialog, form, values, view, busy, touched}
const GRACE = 500; // ms that a submitted view waits for the server's word on it before it closes by itself

/** Follows `state.views`. */
export function startModals() {
  on("views", render);
}

function render() {
  const wanted = new Set(state.views.map((view) => view.id));
  for (const [id, modal] of open) {
    if (wanted.has(id)) continue;
    open.delete(id);
    modal.dialog.close();
    modal.dialog.remove();
  }
  for (const view of state.views) {
    const modal = open.get(view.id);
    if (!modal) create(view);
    else if (modal.view !== view) update(modal, view);
  }
  const top = state.views.at(-1)?.id;
  for (const [id, modal] of open) modal.dialog.classList.toggle("under", id !== top);
}

function create(view) {
  const titleId = uniqueId("title");
  const parts = {
    title: h("h2.dialog-title", { id: titleId }),
    body: h("div.dialog-body.modal-body"),
    foot: h("div.dialog-foot"),
  };
  const form = h(
    "form.modal-form",
    { novalidate: true },
    h(
      "div.dialog-head",
      {},
      h("span.modal-mark", {}, icon("wave")),
      parts.title,
      h("button.icon-button", { type: "button", "aria-label": "Close", onclick: () => close(modal) }, icon("close")),
    ),
    parts.body,
    parts.foot,
  );
  const dialog = h("dialog.dialog.modal", { "aria-labelledby": titleId, dataset: { viewId: view.id } }, form);
  const modal = { dialog, form, parts, view, values: {}, busy: false, touched: 0 };
  open.set(view.id, modal);
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    submit(modal);
  });
  dialog.addEventListener("cancel", (event) => {
    event.preventDefault();
    close(modal);
  });
  draw(modal);
  document.body.append(dialog);
  dialog.showModal();
  focusFirst(modal);
}

function focusFirst({ parts }) {
  const first =
    parts.body.querySelector("[autofocus], input, textarea, select, button:not(.mention)") ?? parts.foot.querySelector("button");
  first?.focus();
}

function update(modal, view) {
  modal.view = view;
  modal.touched += 1;
  keepFocus(modal.dialog, () => draw(modal));
  if (!modal.dialog.contains(document.activeElement)) focusFirst(modal);
}

function draw(modal) {
  const { view, parts } = modal;
  const where = {
    values: modal.values,
    remember: (blockId, actionId, value) => {
      (modal.values[blockId] ??= {})[actionId] = value;
    },
    act: (element, block, payload) =>
      act("action", {
        view_id: view.id,
        action_id: element.action_id,
        block_id: block.block_id,
        type: element.type,
        values: valuesOf(modal),
        ...payload,
      }),
    options: (element, block, query) => externalOptions({ element, block, query, view_id: view.id }),
  };
  fill(parts.title, textObject(view.title));
  fill(parts.body, drawBlocks(view.blocks, where));
  const submits = view.submit || view.blocks.some((block) => block.type === "input");
  fill(
    parts.foot,
    h(
      "button.plain",
      { type: "button", onclick: () => close(modal) },
      view.close ? textObject(view.close) : submits ? "Cancel" : "Close",
    ),
    submits && h("button.primary", { type: "submit" }, view.submit ? textObject(view.submit) : "Submit"),
  );
}

/** Asks the app for the options of an external select; answers groups for a picker. */
export async function externalOptions({ element, block, query, ...place }) {
  try {
    const answer = await post("options", {
      user: state.me.id,
      action_id: element.action_id,
      block_id: block.block_id,
      value: query,
      ...place,
    });
    const list = answer.option_groups ?? answer.options ?? [];
    if (list[0]?.options) return list.map((group) => ({ label: textOf(group.label), options: group.options }));
    return [{ label: null, options: list }];
  } catch (error) {
    report(error);
    return [];
  }
}

/** What is in the fields of the view as it is now (fields of replaced blocks are left out). */
function valuesOf({ view, values }) {
  const now = {};
  for (const block of withIds(view.blocks)) if (values[block.block_id]) now[block.block_id] = values[block.block_id];
  return now;
}

const isEmpty = (value) =>
  value === null || value === undefined || value === "" || (Array.isArray(value) && !value.length);

function missing({ view, values }) {
  const errors = {};
  for (const block of withIds(view.blocks)) {
    if (block.type !== "input" || block.optional) continue;
    const answer = Object.entries(values[block.block_id]?.[block.element.action_id] ?? {});
    if (answer.every(([key, value]) => key === "type" || isEmpty(value)))
      errors[block.block_id] = "Please complete this required field.";
  }
  return errors;
}

async function submit(modal) {
  if (modal.busy) return;
  const lacking = missing(modal);
  showErrors(modal.form, lacking);
  if (Object.keys(lacking).length) return;
  setBusy(modal, true);
  const { touched } = modal;
  const depth = state.views.length;
  try {
    const { errors } = await post("view_submit", {
      user: state.me.id,
      view_id: modal.view.id,
      values: valuesOf(modal),
    });
    setBusy(modal, false);
    if (errors) {
      const lost = showErrors(modal.form, errors);
      if (lost.length) emit("notice", { text: errors[lost[0]], kind: "error" });
      return;
    }
    // The server closes, updates or pushes by live events; this only helps a server that says nothing.
    setTimeout(() => {
      if (open.has(modal.view.id) && modal.touched === touched && state.views.length === depth) dropView(modal.view.id);
    }, GRACE);
  } catch (error) {
    setBusy(modal, false);
    report(error);
  }
}

function setBusy(modal, busy) {
  modal.busy = busy;
  modal.parts.foot.querySelector("[type=submit]")?.classList.toggle("busy", busy);
  modal.form.setAttribute("aria-busy", String(busy));
}

function close(modal) {
  dropView(modal.view.id);
  act("view_close", { view_id: modal.view.id });
}
