// The round pictures of people (initials on their colour) and of the bot (its mark).

import { h, mark } from "./dom.js";
import { nameOf, state } from "./store.js";

/** A picture for a user id. Decorative: the name stands beside it. */
export function avatar(id, className = "") {
  const user = state.users.get(id);
  if (!user || user.is_bot) return h("span.avatar.bot", { class: className, "aria-hidden": "true" }, mark());
  const initials = nameOf(id)
    .split(/\s+/)
    .map((word) => [...word][0])
    .slice(0, 2)
    .join("")
    .toUpperCase();
  const colour = /^#?[0-9a-f]{6}$/i.test(user.color ?? "") ? `#${user.color.replace("#", "")}` : null;
  return h(
    "span.avatar",
    { class: className, "aria-hidden": "true", vars: colour ? { "--avatar": colour } : {} },
    initials,
  );
}
