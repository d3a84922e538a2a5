// Draws the trees of mrkdwn.js, markdown.js and richtext.js, and Block Kit text objects, as DOM nodes.

import { h } from "./dom.js";
import { emojiFor } from "./emoji.js";
import { slackDate } from "./format.js";
import { parse } from "./mrkdwn.js";
import { state, openConversation } from "./store.js";

const INLINE_TAGS = { bold: "strong", italic: "em", strike: "s" };

/** An address that may be followed: whole, and http(s), mail or telephone only; anything else is null. */
export function safeUrl(url) {
  try {
    const parsed = new URL(url);
    return ["http:", "https:", "mailto:", "tel:"].includes(parsed.protocol) ? parsed.href : null;
  } catch {
    return null;
  }
}

/** A link that opens beside this page, or its text alone when the address may not be followed. */
export function link(url, ...children) {
  const href = safeUrl(url);
  return href ? h("a.link", { href, target: "_blank", rel: "noreferrer noopener" }, children) : h("span", {}, children);
}

/** Draws a tree. */
export function prose(nodes) {
  return nodes.map(draw);
}

/** Draws a mrkdwn string. */
export function mrkdwn(text, options) {
  return prose(parse(text, options));
}

/** Draws a Block Kit text object ({type, text, emoji, verbatim}); a bare string is plain text. */
export function textObject(object) {
  if (!object) return [];
  if (object.type === "mrkdwn") return mrkdwn(object.text, { verbatim: object.verbatim });
  return plainWithEmoji(typeof object === "string" ? object : object.text);
}

/** The characters of a text object, for labels and tooltips. */
export function textOf(object) {
  return plainString(typeof object === "string" ? object : (object?.text ?? ""));
}

/** Emoji shortcodes replaced, everything else as it is. */
export function plainString(text) {
  return String(text ?? "").replace(/:([a-z0-9_+'-]+):/g, (whole, name) => emojiFor(name) ?? whole);
}

function plainWithEmoji(text) {
  return plainString(text)
    .split("\n")
    .flatMap((line, i) => (i ? [h("br"), line] : [line]));
}

function draw(node) {
  switch (node.type) {
    case "text":
      return document.createTextNode(node.text);
    case "br":
      return h("br");
    case "bold":
    case "italic":
    case "strike":
      return h(INLINE_TAGS[node.type], {}, prose(node.children));
    case "code":
      return h("code", {}, node.text);
    case "pre":
      return h("pre", { tabindex: "0" }, node.text);
    case "quote":
      return h("blockquote", {}, prose(node.children));
    case "paragraph":
      return h("p", {}, prose(node.children));
    case "heading":
      return h(
        "p.md-heading",
        { role: "heading", "aria-level": node.level + 2, dataset: { level: node.level } },
        prose(node.children),
      );
    case "rule":
      return h("hr");
    case "list":
      return list(node);
    case "table":
      return table(node);
    case "link":
      return link(node.url, prose(node.children));
    case "emoji":
      return emoji(node.name);
    case "user":
      return user(node);
    case "channel":
      return channel(node);
    case "usergroup":
      return h("span.mention", {}, `@${node.label?.replace(/^@/, "") ?? node.id}`);
    case "broadcast":
      return h("span.mention.loud", {}, `@${node.range}`);
    case "date":
      return date(node);
    default:
      return document.createTextNode("");
  }
}

function list(node) {
  return h(
    node.ordered ? "ol" : "ul",
    { start: node.ordered && node.start !== 1 ? node.start : null },
    node.items.map((item) => h("li", {}, prose(item))),
  );
}

function table(node) {
  const [head, ...body] = node.rows;
  const row = (cells, tag) =>
    h(
      "tr",
      {},
      cells.map((cell) => h(tag, {}, prose(cell))),
    );
  return h(
    "div.table-scroll",
    { tabindex: "0" },
    h(
      "table",
      {},
      h("thead", {}, row(head, "th")),
      h(
        "tbody",
        {},
        body.map((cells) => row(cells, "td")),
      ),
    ),
  );
}

/** One emoji by its shortcode; an unknown one as it was typed. */
export function emoji(name) {
  const characters = emojiFor(name);
  return characters
    ? h("span.emoji", { role: "img", "aria-label": name.replaceAll("_", " "), title: `:${name}:` }, characters)
    : document.createTextNode(`:${name}:`);
}

function user(node) {
  const person = state.users.get(node.id);
  const name = person?.is_bot ? person.name : (person?.real_name ?? node.label ?? node.id);
  return h("span.mention", { class: node.id === state.me?.id ? "self" : null }, `@${name}`);
}

function channel(node) {
  const known = state.channels.get(node.id);
  if (!known) return h("span.mention", {}, `#${node.label ?? node.id}`);
  return h("button.mention", { type: "button", onclick: () => openConversation(known.id) }, `#${known.name}`);
}

function date(node) {
  const text = slackDate(node.seconds, node.template) ?? node.fallback;
  const moment = new Date(Number(node.seconds) * 1000);
  const valid = !Number.isNaN(moment.getTime());
  const element = h(
    "time",
    { datetime: valid ? moment.toISOString() : null, title: valid ? moment.toLocaleString() : null },
    text,
  );
  return node.url ? link(node.url, element) : element;
}
