// Parses Slack's mrkdwn into a tree of plain objects (no DOM here: prose.js draws it).
//
// Node: {type:"text",text} {type:"br"} {type:"bold"|"italic"|"strike"|"quote",children}
//       {type:"code"|"pre",text} {type:"link",url,children} {type:"user"|"channel"|"usergroup",id,label}
//       {type:"broadcast",range} {type:"date",seconds,template,url,fallback} {type:"emoji",name}

const DELIMITERS = { "*": "bold", _: "italic", "~": "strike" };
const WORD = /[\p{L}\p{N}]/u;
const MAX_DEPTH = 8;
const BARE_URL = /https?:\/\/[^\s<>|"'`]+/y;
const SHORTCODE = /:([a-z0-9_+'-]+(?:::skin-tone-[2-6])?):/y;

/** Undoes the three escapes of mrkdwn; nothing else is an entity. */
export function unescape(text) {
  return text.replace(/&(amp|lt|gt);/g, (_, name) => ({ amp: "&", lt: "<", gt: ">" })[name]);
}

/** Escapes what a person typed, as Slack's clients do before they send it. */
export function escape(text) {
  return text.replace(/&/g, "&amp;").replace(/</g, "&lt;").replace(/>/g, "&gt;");
}

/** Parses a whole mrkdwn text. `verbatim` leaves bare addresses alone. */
export function parse(text, { verbatim = false } = {}) {
  const nodes = [];
  const parts = String(text ?? "").split("```");
  // An odd number of fences leaves the last one as ordinary characters.
  if (parts.length % 2 === 0) parts.splice(-2, 2, parts.slice(-2).join("```"));
  parts.forEach((part, index) => {
    if (index % 2 === 1) {
      nodes.push({ type: "pre", text: plainOf(part.replace(/^\n/, "").replace(/\n$/, "")) });
      return;
    }
    let chunk = part;
    if (index > 0) chunk = chunk.replace(/^ *\n?/, "");
    if (index < parts.length - 1) chunk = chunk.replace(/\n$/, "");
    if (chunk) nodes.push(...lines(chunk, verbatim));
  });
  return nodes;
}

/** The words of a mrkdwn text without its marks, for notifications and previews. */
export function plainText(text, names = {}) {
  const walk = (node) => {
    if (node.type === "br") return " ";
    if (node.type === "user") return `@${names[node.id] ?? node.label ?? node.id}`;
    if (node.type === "channel") return `#${names[node.id] ?? node.label ?? node.id}`;
    if (node.type === "broadcast") return `@${node.range}`;
    if (node.type === "date") return node.fallback;
    if (node.type === "emoji") return `:${node.name}:`;
    return node.children ? node.children.map(walk).join("") : (node.text ?? "");
  };
  return parse(text).map(walk).join(" ").replace(/\s+/g, " ").trim();
}

function lines(chunk, verbatim) {
  const nodes = [];
  let quote = null;
  let open = false; // the line before was ordinary text, so a line break is due
  const rows = chunk.split("\n");
  for (let i = 0; i < rows.length; i += 1) {
    const rest = /^(?:&gt;|>){3} ?/.exec(rows[i]);
    if (rest) {
      const body = [rows[i].slice(rest[0].length), ...rows.slice(i + 1)];
      nodes.push({ type: "quote", children: joinLines(body, verbatim) });
      return nodes;
    }
    const single = /^(?:&gt;|>) ?/.exec(rows[i]);
    if (single) {
      if (!quote) nodes.push((quote = { type: "quote", rows: [] }));
      quote.rows.push(rows[i].slice(single[0].length));
      open = false;
      continue;
    }
    quote = null;
    if (open) nodes.push({ type: "br" });
    nodes.push(...inline(rows[i], verbatim, 0));
    open = true;
  }
  return nodes.map((node) => (node.rows ? { type: "quote", children: joinLines(node.rows, verbatim) } : node));
}

const joinLines = (rows, verbatim) =>
  rows.flatMap((row, i) => [...(i ? [{ type: "br" }] : []), ...inline(row, verbatim, 0)]);

function plainOf(text) {
  return unescape(
    text.replace(/<([^>\n]+)>/g, (whole, body) => {
      if (/^[@#!]/.test(body)) return whole;
      const bar = body.indexOf("|");
      return bar < 0 ? body : body.slice(bar + 1);
    }),
  );
}

/** Parses one line (no fences, no quotes). */
export function inline(line, verbatim = false, depth = 0) {
  const nodes = [];
  const hopeless = {}; // delimiters that are known to have no partner further on in this line
  let plain = "";
  let at = 0;
  const flush = () => {
    if (plain) nodes.push({ type: "text", text: unescape(plain) });
    plain = "";
  };
  while (at < line.length) {
    const found = token(line, at, verbatim, depth, hopeless);
    if (found) {
      flush();
      nodes.push(found.node);
      at = found.end;
    } else {
      plain += line[at];
      at += 1;
    }
  }
  flush();
  return nodes;
}

function token(line, at, verbatim, depth, hopeless) {
  const char = line[at];
  if (char === "`") {
    const end = line.indexOf("`", at + 1);
    if (end > at + 1) return { node: { type: "code", text: plainOf(line.slice(at + 1, end)) }, end: end + 1 };
  } else if (char === "<") {
    const end = line.indexOf(">", at + 1);
    if (end > at + 1) {
      const node = angle(line.slice(at + 1, end));
      if (node) return { node, end: end + 1 };
    }
  } else if (char === ":") {
    SHORTCODE.lastIndex = at;
    const match = SHORTCODE.exec(line);
    if (match) return { node: { type: "emoji", name: match[1] }, end: at + match[0].length };
  } else if (char === "h" && !verbatim && !isWord(line, at - 1)) {
    BARE_URL.lastIndex = at;
    const match = BARE_URL.exec(line);
    if (match) {
      const raw = match[0].replace(/(?:[.,:;!?)\]*_~]|&gt;|&lt;)+$/, "");
      const url = unescape(raw);
      return { node: { type: "link", url, children: [{ type: "text", text: url }] }, end: at + raw.length };
    }
  } else if (DELIMITERS[char] && depth < MAX_DEPTH && !hopeless[char]) {
    const end = opens(line, at) ? closer(line, at, hopeless) : -1;
    if (end > 0) {
      const children = inline(line.slice(at + 1, end), verbatim, depth + 1);
      return { node: { type: DELIMITERS[char], children }, end: end + 1 };
    }
  }
  return null;
}

function isWord(line, at) {
  if (at < 0 || at >= line.length) return false;
  // A low surrogate stands for the whole character before it.
  const low = line.charCodeAt(at) >= 0xdc00 && line.charCodeAt(at) <= 0xdfff;
  return WORD.test(String.fromCodePoint(line.codePointAt(low ? at - 1 : at)));
}

function opens(line, at) {
  const next = line[at + 1];
  return !isWord(line, at - 1) && next !== undefined && !/\s/.test(next) && next !== line[at];
}

function closer(line, start, hopeless) {
  const char = line[start];
  for (let at = start + 1; at < line.length; at += 1) {
    if (line[at] === "`" || line[at] === "<") {
      const end = line.indexOf(line[at] === "`" ? "`" : ">", at + 1);
      if (end > 0) at = end;
    } else if (line[at] === char && !/\s/.test(line[at - 1]) && !isWord(line, at + 1) && at > start + 1) {
      return at;
    }
  }
  hopeless[char] = true;
  return -1;
}

function angle(body) {
  const bar = body.indexOf("|");
  const target = bar < 0 ? body : body.slice(0, bar);
  const label = bar < 0 ? null : unescape(body.slice(bar + 1));
  if (/^@[A-Z0-9]+$/.test(target)) return { type: "user", id: target.slice(1), label };
  if (/^#[A-Z0-9]+$/.test(target)) return { type: "channel", id: target.slice(1), label };
  if (target.startsWith("!date^")) {
    const [, seconds, template = "", url = null] = target.split("^");
    return { type: "date", seconds, template: unescape(template), url: url && unescape(url), fallback: label ?? "" };
  }
  if (target.startsWith("!subteam^")) return { type: "usergroup", id: target.slice(9), label };
  if (/^!(here|channel|everyone)$/.test(target)) return { type: "broadcast", range: target.slice(1) };
  if (/^(https?:\/\/|mailto:|tel:)/i.test(target)) {
    const url = unescape(target);
    return {
      type: "link",
      url,
      children: label ? inlineLabel(label) : [{ type: "text", text: url.replace(/^mailto:|^tel:/, "") }],
    };
  }
  return null;
}

const inlineLabel = (label) => [{ type: "text", text: label }];
