// Turns Block Kit's rich_text block into the tree of mrkdwn.js (and the list and paragraph nodes of markdown.js).

const STYLES = [
  ["bold", "bold"],
  ["italic", "italic"],
  ["strike", "strike"],
];

/** The nodes of a rich_text block. Consecutive lists of growing indent become nested lists. */
export function richTextNodes(block) {
  const nodes = [];
  for (const element of block.elements ?? []) {
    if (element.type === "rich_text_list") addList(nodes, element);
    else if (element.type === "rich_text_quote") nodes.push({ type: "quote", children: pieces(element.elements) });
    else if (element.type === "rich_text_preformatted") nodes.push({ type: "pre", text: plain(element.elements) });
    else nodes.push({ type: "paragraph", children: pieces(element.elements) });
  }
  return nodes;
}

function addList(nodes, element) {
  const list = {
    type: "list",
    ordered: element.style === "ordered",
    start: (element.offset ?? 0) + 1,
    items: (element.elements ?? []).map((section) => pieces(section.elements)),
  };
  let parent = nodes.at(-1)?.type === "list" ? nodes.at(-1) : null;
  let place = nodes;
  for (let depth = 0; depth < (element.indent ?? 0) && parent; depth += 1) {
    place = parent.items.at(-1) ?? (parent.items[0] = []);
    parent = place.at(-1)?.type === "list" ? place.at(-1) : null;
  }
  if (parent && parent.ordered === list.ordered && !list.ordered) parent.items.push(...list.items);
  else place.push(list);
}

const plain = (elements = []) => elements.map((e) => e.text ?? e.url ?? (e.name ? `:${e.name}:` : "")).join("");

function pieces(elements = []) {
  return elements.flatMap((element) => wrap(piece(element), element.style ?? {}));
}

function wrap(nodes, style) {
  return STYLES.reduce((inner, [key, type]) => (style[key] ? [{ type, children: inner }] : inner), nodes);
}

function piece(element) {
  const { type } = element;
  if (type === "text") return element.style?.code ? [{ type: "code", text: element.text }] : textLines(element.text);
  if (type === "link")
    return [{ type: "link", url: element.url, children: [{ type: "text", text: element.text || element.url }] }];
  if (type === "emoji") return [{ type: "emoji", name: element.name }];
  if (type === "user") return [{ type: "user", id: element.user_id, label: null }];
  if (type === "channel") return [{ type: "channel", id: element.channel_id, label: null }];
  if (type === "usergroup") return [{ type: "usergroup", id: element.usergroup_id, label: null }];
  if (type === "broadcast") return [{ type: "broadcast", range: element.range }];
  if (type === "date") {
    return [
      {
        type: "date",
        seconds: String(element.timestamp),
        template: element.format ?? "",
        url: element.url ?? null,
        fallback: element.fallback ?? "",
      },
    ];
  }
  if (type === "color") return [{ type: "code", text: element.value }];
  return [{ type: "text", text: element.text ?? "" }];
}

const textLines = (text = "") =>
  text
    .split("\n")
    .flatMap((line, i) => [...(i ? [{ type: "br" }] : []), ...(line ? [{ type: "text", text: line }] : [])]);
