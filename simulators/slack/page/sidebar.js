// The list of conversations: channels, private channels, and the bot with its Home.

import { addressAs } from "./api.js";
import { avatar } from "./avatars.js";
import { fill, h, icon } from "./dom.js";
import { bot, firstName, on, openConversation, otherPerson, state } from "./store.js";

/** Draws the sidebar into `root` and keeps it true; `chosen()` runs when a person picks a conversation. */
export function startSidebar(root, { chosen }) {
  const draw = () => {
    const channels = [...state.channels.values()];
    const rooms = channels
      .filter((channel) => !channel.is_im)
      .sort((a, b) => Number(a.is_private) - Number(b.is_private));
    const direct = channels.filter((channel) => channel.is_im);
    const held = root.contains(document.activeElement) ? document.activeElement.dataset.key : null;
    fill(
      root,
      h("h2.sidebar-title", { id: "rooms" }, "Channels"),
      h(
        "ul",
        { "aria-labelledby": "rooms" },
        rooms.map((channel) => row(channel, channel.is_private ? icon("lock") : icon("hash"), channel.name)),
      ),
      direct.length > 0 && [
        h("h2.sidebar-title", { id: "apps" }, "The bot"),
        h(
          "ul",
          { "aria-labelledby": "apps" },
          direct.map((channel) => [
            row(
              channel,
              avatar(bot()?.id, "tiny"),
              bot()?.name ?? channel.name,
              "messages",
              state.botOnline ? "on" : "off",
            ),
            row(channel, icon("home"), "App Home", "home"),
          ]),
        ),
      ],
      h("p.sidebar-note", {}, otherWindow()),
    );
    if (held) root.querySelector(`[data-key="${CSS.escape(held)}"]`)?.focus();
  };

  const row = (channel, picture, name, tab = "messages", presence = null) => {
    const here = state.channelId === channel.id && state.tab === tab;
    const unread = tab === "messages" ? state.unread.get(channel.id) : 0;
    return h(
      "li",
      {},
      h(
        "button.room",
        {
          type: "button",
          "aria-current": here ? "page" : null,
          class: unread ? "unread" : null,
          dataset: { key: `${channel.id}/${tab}`, channel: channel.id, tab },
          onclick: () => {
            openConversation(channel.id, { tab });
            chosen();
          },
        },
        picture,
        h("span.room-name", {}, name),
        presence && h("span.dot", { class: presence, "aria-hidden": "true" }),
        unread ? h("span.badge", { "aria-label": `${unread} new` }, unread > 99 ? "99+" : unread) : null,
      ),
    );
  };
  const otherWindow = () => {
    const other = otherPerson();
    return (
      other &&
      h(
        "a.link",
        { href: addressAs(other.id), target: "_blank", rel: "noopener" },
        `Open a second window as ${firstName(other)}`,
      )
    );
  };
  on("state", draw);
  on("conversation", draw);
}
