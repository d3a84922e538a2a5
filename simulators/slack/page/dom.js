// Builds elements. The only place that creates DOM nodes from data: text always becomes a text node,
// attributes are set by name, and no string is ever parsed as HTML, so nothing a person types can run.

/**
 * h("button.primary", { type: "button", onclick: f }, "Send") -> HTMLButtonElement.
 * Children may be nodes, strings, numbers, arrays, null or false (the last two are left out).
 */
export function h(selector, attributes, ...children) {
  const [tag, ...classes] = selector.split(".");
  const element = document.createElement(tag || "div");
  if (classes.length) element.className = classes.join(" ");
  for (const [name, value] of Object.entries(attributes ?? {})) setAttribute(element, name, value);
  append(element, children);
  return element;
}

function setAttribute(element, name, value) {
  if (value === null || value === undefined || value === false) return;
  if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
  else if (name === "class") element.className = [element.className, value].filter(Boolean).join(" ");
  else if (name === "vars") for (const [key, text] of Object.entries(value)) element.style.setProperty(key, text);
  else if (name === "dataset") Object.assign(element.dataset, value);
  else if (name === "value" || name === "checked" || name === "disabled" || name === "hidden") element[name] = value;
  else element.setAttribute(name, value === true ? "" : String(value));
}

/** Appends children as `h` does. */
export function append(parent, children) {
  for (const child of [children].flat(Infinity)) {
    if (child === null || child === undefined || child === false || child === true) continue;
    parent.append(child instanceof Node ? child : document.createTextNode(String(child)));
  }
  return parent;
}

/** Replaces all children. */
export function fill(parent, ...children) {
  parent.replaceChildren();
  return append(parent, children);
}

let counter = 0;

/** An id that no other element of this page has, for labels and descriptions. */
export function uniqueId(prefix = "x") {
  counter += 1;
  return `${prefix}-${counter}`;
}

const SVG = "http://www.w3.org/2000/svg";

// Stroke icons drawn for this page on a 24 x 24 grid; each entry is a list of path data.
const ICONS = {
  hash: ["M5 9h15", "M4 15h15", "M10 4 8 20", "M16 4l-2 16"],
  lock: ["M6 11h12v9H6z", "M8.5 11V8a3.5 3.5 0 0 1 7 0v3"],
  home: ["M4 11.5 12 5l8 6.5", "M6.5 10v9h11v-9"],
  send: ["M5 12h13", "M13 6.5 18.5 12 13 17.5"],
  clip: ["M19 11.5 12.2 18a4.4 4.4 0 0 1-6.2-6.2l7.4-7.1a3 3 0 0 1 4.2 4.2l-7.3 7a1.5 1.5 0 0 1-2.2-2.1l6.5-6.2"],
  mic: [
    "M12 4a2.8 2.8 0 0 1 2.8 2.8v4.4a2.8 2.8 0 0 1-5.6 0V6.8A2.8 2.8 0 0 1 12 4z",
    "M6 11a6 6 0 0 0 12 0",
    "M12 17v3",
  ],
  wave: ["M4 10v4", "M8 6.5v11", "M12 9v6", "M16 4.5v15", "M20 10v4"],
  play: ["M8 5.5v13l10.5-6.5z"],
  pause: ["M8.5 6v12", "M15.5 6v12"],
  close: ["M6 6l12 12", "M18 6 6 18"],
  more: ["M5.5 12h.01", "M12 12h.01", "M18.5 12h.01"],
  reply: ["M5 6h14v10h-8l-4 3.5V16H5z"],
  smile: ["M12 4a8 8 0 1 0 0 16 8 8 0 0 0 0-16z", "M9 10h.01", "M15 10h.01", "M8.8 14a4 4 0 0 0 6.4 0"],
  download: ["M12 5v10", "M7.5 11 12 15.5 16.5 11", "M5 19h14"],
  file: ["M7 4h7l4 4v12H7z", "M14 4v4h4"],
  down: ["M7 10l5 5 5-5"],
  left: ["M14.5 6 8.5 12l6 6"],
  menu: ["M4 7h16", "M4 12h16", "M4 17h16"],
  trash: ["M5 7h14", "M10 7V5h4v2", "M7 7l1 13h8l1-13"],
  copy: ["M9 9h10v11H9z", "M15 9V4H5v11h4"],
  bolt: ["M13 4 6 13.5h5L10.5 20 18 10.5h-5z"],
  eye: [
    "M3.5 12S6.5 6.5 12 6.5 20.5 12 20.5 12 17.5 17.5 12 17.5 3.5 12 3.5 12z",
    "M12 9.8a2.2 2.2 0 1 0 0 4.4 2.2 2.2 0 0 0 0-4.4z",
  ],
  check: ["M5.5 12.5 10 17l8.5-9.5"],
  search: ["M11 5a6 6 0 1 0 0 12 6 6 0 0 0 0-12z", "M15.5 15.5 20 20"],
  alert: ["M12 5 21 19.5H3z", "M12 10.5v4", "M12 17.2h.01"],
};

/** A decorative icon by name (hidden from screen readers; label the control that holds it). */
export function icon(name) {
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("viewBox", "0 0 24 24");
  svg.setAttribute("class", `icon icon-${name}`);
  svg.setAttribute("aria-hidden", "true");
  svg.setAttribute("focusable", "false");
  for (const data of ICONS[name] ?? []) {
    const path = document.createElementNS(SVG, "path");
    path.setAttribute("d", data);
    svg.append(path);
  }
  return svg;
}

/** The mark of this workspace and of the bot: a waveform whose thread runs on as a line of text. */
export function mark() {
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("viewBox", "0 0 32 32");
  svg.setAttribute("class", "mark");
  svg.setAttribute("aria-hidden", "true");
  for (const data of ["M5 16v1", "M9 11v10", "M13 7v18", "M17 12v8", "M21 16h6", "M17 25h7"]) {
    const path = document.createElementNS(SVG, "path");
    path.setAttribute("d", data);
    svg.append(path);
  }
  return svg;
}
