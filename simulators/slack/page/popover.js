// Things that open beside a control and go away by themselves: menus and emoji choices. They live in the top
// layer (the popover API), inside the dialog that holds the control if there is one, so that they stay usable there.

import { h, icon } from "./dom.js";

const GAP = 4;
const EDGE = 8;

/** Opens `panel` beside `anchor`; `onclose` runs once it is gone. Returns close(). */
export function openPopover(anchor, panel, { align = "start", onclose = () => {}, returnFocus = true } = {}) {
  panel.popover = "auto";
  panel.classList.add("popover");
  (anchor.closest("dialog") ?? document.body).append(panel);
  anchor.setAttribute("aria-expanded", "true");
  const place = () => position(anchor, panel, align);
  panel.addEventListener("toggle", (event) => {
    if (event.newState !== "closed") return;
    const inside = panel.contains(document.activeElement) || document.activeElement === document.body;
    anchor.setAttribute("aria-expanded", "false");
    window.removeEventListener("resize", close);
    panel.remove();
    if (returnFocus && inside) anchor.focus();
    onclose();
  });
  const close = () => panel.matches(":popover-open") && panel.hidePopover();
  panel.showPopover();
  place();
  window.addEventListener("resize", close);
  return close;
}

function position(anchor, panel, align) {
  const box = anchor.getBoundingClientRect();
  panel.style.minWidth = `${Math.min(box.width, 420)}px`;
  const { width, height } = panel.getBoundingClientRect();
  const below = window.innerHeight - box.bottom - EDGE;
  const above = box.top - EDGE;
  const up = below < height && above > below;
  const left = align === "end" ? box.right - width : box.left;
  panel.style.maxHeight = `${Math.max(120, (up ? above : below) - GAP)}px`;
  const shown = Math.min(height, (up ? above : below) - GAP);
  panel.style.top = `${up ? box.top - GAP - shown : box.bottom + GAP}px`;
  panel.style.left = `${Math.max(EDGE, Math.min(left, window.innerWidth - width - EDGE))}px`;
}

/** Moves focus among `items` with arrows, Home, End and first letters. */
export function roveFocus(container, items) {
  container.addEventListener("keydown", (event) => {
    const list = items();
    const at = list.indexOf(document.activeElement);
    let to = -1;
    if (event.key === "ArrowDown" || event.key === "ArrowRight") to = (at + 1) % list.length;
    else if (event.key === "ArrowUp" || event.key === "ArrowLeft") to = (at - 1 + list.length) % list.length;
    else if (event.key === "Home") to = 0;
    else if (event.key === "End") to = list.length - 1;
    else if (/^\p{L}$/u.test(event.key) && !event.ctrlKey && !event.metaKey) {
      const letter = event.key.toLowerCase();
      to =
        [...list.slice(at + 1), ...list]
          .map((e) => list.indexOf(e))
          .find((n) => list[n].textContent.trim().toLowerCase().startsWith(letter)) ?? -1;
    }
    if (to < 0 || !list.length) return;
    event.preventDefault();
    event.stopPropagation();
    list[to].focus();
  });
}

/** Opens a menu. Items: {label, icon?, hint?, danger?, action} or null for a divider. */
export function openMenu(anchor, items, { label, align = "end" } = {}) {
  let close = () => {};
  const rows = items.map((item) => {
    if (!item) return h("div.menu-divider", { role: "separator" });
    const choose = () => {
      close();
      item.action();
    };
    return h(
      "button.menu-item",
      { type: "button", role: "menuitem", tabindex: "-1", class: item.danger ? "danger" : null, onclick: choose },
      item.icon && icon(item.icon),
      h("span.menu-label", {}, item.label),
      item.hint && h("span.menu-hint", {}, item.hint),
    );
  });
  const menu = h("div.menu", { role: "menu", "aria-label": label }, rows);
  const focusable = () => [...menu.querySelectorAll("[role=menuitem]")];
  roveFocus(menu, focusable);
  menu.addEventListener("keydown", (event) => {
    if (event.key === "Tab") close();
  });
  close = openPopover(anchor, menu, { align });
  focusable()[0]?.focus();
}
