// Parses the standard Markdown of Block Kit's `markdown` block into the tree of mrkdwn.js, widened by
// {type:"heading",level,children} {type:"list",ordered,start,items:[[Node]]} {type:"rule"} {type:"paragraph",children}
// {type:"table",rows:[[[Node]]]}. The subset is what Slack documents for the block; raw HTML stays text.

const ITEM = /^(\s*)(?:[-*+]|(\d{1,9})[.)])\s+(.*)$/;
const TABLE_RULE = /^\s*\|?\s*:?-+:?\s*(\|\s*:?-+:?\s*)+\|?\s*$/;

/** Parses a whole Markdown text. */
export function parseMarkdown(text) {
  const rows = String(text ?? "").split("\n");
  const nodes = [];
  let i = 0;
  while (i < rows.length) {
    const row = rows[i];
    const fence = /^\s*(```|~~~)/.exec(row);
    if (fence) {
      const end = rows.findIndex((line, n) => n > i && line.trim().startsWith(fence[1]));
      const last = end < 0 ? rows.length : end;
      nodes.push({ type: "pre", text: rows.slice(i + 1, last).join("\n") });
      i = last + 1;
      continue;
    }
    const heading = /^(#{1,6})\s+(.*?)\s*#*$/.exec(row);
    if (heading) {
      nodes.push({ type: "heading", level: heading[1].length, children: inlineMarkdown(heading[2]) });
      i += 1;
    } else if (/^\s*([-*_])(\s*\1){2,}\s*$/.test(row)) {
      nodes.push({ type: "rule" });
      i += 1;
    } else if (/^\s*>/.test(row)) {
      const start = i;
      while (i < rows.length && /^\s*>/.test(rows[i])) i += 1;
      const inner = rows
        .slice(start, i)
        .map((line) => line.replace(/^\s*> ?/, ""))
        .join("\n");
      nodes.push({ type: "quote", children: parseMarkdown(inner) });
    } else if (ITEM.test(row)) {
      i = list(rows, i, nodes);
    } else if (row.includes("|") && TABLE_RULE.test(rows[i + 1] ?? "")) {
      i = table(rows, i, nodes);
    } else if (row.trim()) {
      const start = i;
      while (
        i < rows.length &&
        rows[i].trim() &&
        (i === start || !/^\s*(#{1,6}\s|>|```)/.test(rows[i])) &&
        (i === start || !ITEM.test(rows[i]))
      )
        i += 1;
      const children = rows
        .slice(start, i)
        .flatMap((line, n) => [...(n ? [{ type: "br" }] : []), ...inlineMarkdown(line.trim())]);
      nodes.push({ type: "paragraph", children });
    } else {
      i += 1;
    }
  }
  return nodes;
}

function list(rows, from, nodes) {
  const [, , number] = ITEM.exec(rows[from]);
  const node = { type: "list", ordered: number !== undefined, start: Number(number ?? 1), items: [] };
  const indent = ITEM.exec(rows[from])[1].length;
  let i = from;
  while (i < rows.length) {
    const item = ITEM.exec(rows[i]);
    if (item && item[1].length > indent) {
      const inner = [];
      i = list(rows, i, inner);
      node.items.at(-1)?.push(...inner);
      continue;
    }
    if (!item || item[1].length < indent || (item[2] !== undefined) !== node.ordered) break;
    node.items.push(inlineMarkdown(item[3]));
    i += 1;
  }
  nodes.push(node);
  return i;
}

function table(rows, from, nodes) {
  const cells = (row) =>
    row
      .trim()
      .replace(/^\||\|$/g, "")
      .split("|")
      .map((cell) => inlineMarkdown(cell.trim()));
  const node = { type: "table", rows: [cells(rows[from])] };
  let i = from + 2;
  for (; i < rows.length && rows[i].includes("|"); i += 1) node.rows.push(cells(rows[i]));
  nodes.push(node);
  return i;
}

// In order of precedence: the first alternative that matches at a place wins.
const INLINE = [
  [/`([^`]+)`/y, (m) => ({ type: "code", text: m[1] })],
  [
    /!?\[([^\]]*)\]\(((?:[^()\s]|\([^()\s]*\))+)(?:\s+"[^"]*")?\)/y,
    (m) => ({ type: "link", url: m[2], children: inlineMarkdown(m[1] || m[2]) }),
  ],
  [
    /<(https?:\/\/[^>\s]+|mailto:[^>\s]+)>/y,
    (m) => ({ type: "link", url: m[1], children: [{ type: "text", text: m[1] }] }),
  ],
  [/\*\*(?=\S)(.+?\S|\S)\*\*/y, (m) => ({ type: "bold", children: inlineMarkdown(m[1]) })],
  [/__(?=\S)(.+?\S|\S)__(?![\p{L}\p{N}])/uy, (m) => ({ type: "bold", children: inlineMarkdown(m[1]) })],
  [/~~(?=\S)(.+?)~~/y, (m) => ({ type: "strike", children: inlineMarkdown(m[1]) })],
  [/\*(?=[^\s*])(.*?[^\s*]|[^\s*])\*(?!\*)/y, (m) => ({ type: "italic", children: inlineMarkdown(m[1]) })],
  [
    /(?<![\p{L}\p{N}])_(?=[^\s_])(.*?[^\s_]|[^\s_])_(?![\p{L}\p{N}])/uy,
    (m) => ({ type: "italic", children: inlineMarkdown(m[1]) }),
  ],
  [
    /https?:\/\/[^\s<>()]+[^\s<>().,:;!?'"*_]/y,
    (m) => ({ type: "link", url: m[0], children: [{ type: "text", text: m[0] }] }),
  ],
  [/:([a-z0-9_+-]+):/y, (m) => ({ type: "emoji", name: m[1] })],
  [/\\([!-/:-@[-`{-~])/y, (m) => ({ type: "text", text: m[1] })],
  [/&(amp|lt|gt);/y, (m) => ({ type: "text", text: { amp: "&", lt: "<", gt: ">" }[m[1]] })],
];
const STARTS = /[`![<*_~h:\\&]/;

/** Parses the marks within one line of Markdown. */
export function inlineMarkdown(line) {
  const nodes = [];
  let plain = "";
  let at = 0;
  while (at < line.length) {
    const found = STARTS.test(line[at]) ? match(line, at) : null;
    if (found) {
      if (plain) nodes.push({ type: "text", text: plain });
      plain = "";
      nodes.push(found.node);
      at = found.end;
    } else {
      plain += line[at];
      at += 1;
    }
  }
  if (plain) nodes.push({ type: "text", text: plain });
  return nodes;
}

function match(line, at) {
  for (const [pattern, make] of INLINE) {
    pattern.lastIndex = at;
    const found = pattern.exec(line);
    if (found) return { node: make(found), end: at + found[0].length };
  }
  return null;
}
