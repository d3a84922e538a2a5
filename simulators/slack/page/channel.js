// The middle pane: the head of a conversation, its messages or the App Home, and the composer.

import { drawBlocks, keepFocus } from "./blocks.js";
import { composer } from "./composer.js";
import { fill, h, icon } from "./dom.js";
import { takeDrops } from "./drop.js";
import { messageList } from "./messages.js";
import { externalOptions } from "./modals.js";
import { followFoot } from "./scroll.js";
import { bot, current, on, openConversation, state } from "./store.js";
import { act, postSample } from "./sync.js";
import { thingsToTry } from "./things_to_try.js";
import { uploadRows } from "./uploads.js";

/** Draws the middle pane into `root` and keeps it true. */
export function startChannel(root) {
  const target = () => ({ channel: state.channelId, threadTs: null });
  const head = h("header.pane-head");
  const list = messageList({ label: "Messages" });
  const empty = h("div.empty");
  const uploads = uploadRows(target);
  const write = composer(target);
  const tips = thingsToTry(write);
  const scroller = h("div.scroll", {}, empty, list, tips);
  const notice = h("div.composer-notice", { role: "status", hidden: true });
  const talk = h("div.talk", {}, scroller, uploads, notice, write);
  const home = h("div.home", { hidden: true, role: "region", "aria-label": "App Home" });
  fill(root, head, talk, home);
  const follow = followFoot(scroller, list);

  const drawHead = () => {
    const channel = current();
    if (!channel) return;
    const title = channel.is_im ? (bot()?.name ?? channel.name) : channel.name;
    fill(
      head,
      h(
        "div.pane-words",
        {},
        h("h2.pane-title", {}, channel.is_im ? null : icon(channel.is_private ? "lock" : "hash"), title),
        h(
          "p.pane-topic",
          {},
          channel.is_im
            ? "Your direct messages with the bot. A recording sent here is transcribed too."
            : channel.topic,
        ),
      ),
      channel.is_im &&
        h("div.tabs", { role: "tablist" }, tab("Home", "home", channel), tab("Messages", "messages", channel)),
    );
    notice.hidden = state.botOnline && (channel.is_im || channel.bot_is_member);
    const name = bot()?.name ?? "The bot";
    if (channel.is_im || channel.bot_is_member)
      fill(notice, `${name} is offline and will not answer until it is back.`);
    else {
      const invite = () => act("command", { channel: channel.id, command: "/invite", text: `@${name}` });
      fill(
        notice,
        h("span", {}, `${name} is not in this channel, so it hears nothing here.`),
        h("button.plain.small", { type: "button", onclick: invite }, `Invite ${name}`),
      );
    }
  };
  const tab = (label, name, channel) =>
    h(
      "button.tab",
      {
        type: "button",
        role: "tab",
        "aria-selected": String(state.tab === name),
        onclick: () => openConversation(channel.id, { tab: name }),
      },
      label,
    );

  const drawMessages = () => {
    const messages = state.messages.get(state.channelId);
    const sorted = messages ? [...messages.values()].sort((a, b) => Number(a.ts) - Number(b.ts)) : [];
    list.show(sorted);
    list.hidden = !sorted.length;
    empty.hidden = !messages || sorted.length > 0;
    if (!empty.hidden) fill(empty, welcome(write.focusField));
    follow.changed();
  };
  const drawHome = () => {
    home.hidden = state.tab !== "home";
    talk.hidden = !home.hidden;
    if (!home.hidden) keepFocus(home, () => fill(home, h("div.home-page", {}, homeView())));
  };
  let values = {};
  let shownHome = null;
  const homeView = () => {
    const view = state.home;
    if (!view) return h("p.home-empty", {}, "The bot has not published its Home yet.");
    if (shownHome !== view.id) values = {};
    shownHome = view.id;
    const place = { view_id: view.id };
    return drawBlocks(view.blocks, {
      values,
      remember: (blockId, actionId, value) => {
        (values[blockId] ??= {})[actionId] = value;
      },
      act: (element, block, payload) =>
        act("action", {
          ...place,
          action_id: element.action_id,
          block_id: block.block_id,
          type: element.type,
          values,
          ...payload,
        }),
      options: (element, block, query) => externalOptions({ element, block, query, ...place }),
    });
  };

  on("conversation", ({ changed }) => {
    drawHead();
    drawHome();
    drawMessages();
    write.refresh();
    uploads.refresh();
    if (changed) follow.toFoot();
  });
  on("messages", ({ channel }) => channel === state.channelId && drawMessages());
  on("state", () => {
    drawHead();
    write.refresh();
  });
  on("channel", drawMessages);
  on("tips", () => follow.changed());
  on("home", drawHome);
  takeDrops(talk, () =>
    current() ? { ...target(), name: current().is_im ? current().name : `#${current().name}` } : null,
  );
  return { focusField: () => write.focusField() };
}

/** What an empty conversation shows; `shared()` runs when a sample was shared and its button goes away. */
function welcome(shared) {
  const channel = current();
  const name = bot()?.name ?? "The bot";
  if (!channel.is_im && !channel.bot_is_member) {
    return h(
      "div.welcome",
      {},
      h("h3", {}, `Nothing in #${channel.name} yet`),
      h(
        "p",
        {},
        `${name} is not in this channel. Invite it with the button below, and it will answer recordings here too.`,
      ),
    );
  }
  const title = channel.is_im ? "Send the bot a recording" : `Nothing in #${channel.name} yet`;
  return h(
    "div.welcome",
    {},
    h(
      "div.welcome-wave",
      { "aria-hidden": "true" },
      Array.from({ length: 33 }, (_, n) =>
        h("i", {
          vars: {
            "--n": n,
            "--level": (0.2 + 0.8 * Math.abs(Math.sin(n * 0.61) * Math.sin(n * 0.23 + 0.4))).toFixed(2),
          },
        }),
      ),
    ),
    h("h3", {}, title),
    h(
      "p",
      {},
      "Drop an audio or video file anywhere here, record your voice, or begin with a sample. The transcript comes as a reply in the thread.",
    ),
    state.samples.length > 0 &&
      h(
        "div.samples",
        {},
        h("h4", { id: "samples-title" }, "Try a sample"),
        h(
          "ul",
          { "aria-labelledby": "samples-title" },
          state.samples.map((sample) =>
            h(
              "li",
              {},
              h(
                "button.sample",
                {
                  type: "button",
                  onclick: (event) => {
                    const button = event.currentTarget;
                    button.classList.add("busy");
                    postSample(sample.name)
                      .then(shared)
                      .finally(() => button.classList.remove("busy"));
                  },
                },
                icon("wave"),
                h(
                  "span.sample-words",
                  {},
                  h("span.sample-title", {}, sample.title),
                  h("span.sample-licence", {}, sample.licence),
                ),
                h("span.sample-go", {}, "Share"),
              ),
            ),
          ),
        ),
      ),
  );
}
