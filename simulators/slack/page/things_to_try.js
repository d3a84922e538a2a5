// "Things to try": what else there is, shown below the messages once the first recording has been answered.

import { TOKEN, addressAs } from "./api.js";
import { fill, h, icon } from "./dom.js";
import { current, emit, firstName, on, openConversation, openThread, otherPerson, state } from "./store.js";
import { openHome } from "./sync.js";

const KEY = `things-to-try:${TOKEN}`; // what becomes of the list in this tab: {channel, ts} of the recording, or "closed"

/** The list for the channel's `composer`; it shows itself, and stays away once it was closed. */
export function thingsToTry(composer) {
  const root = h("section.tips", { "aria-labelledby": "tips-title", hidden: true });
  let answered = JSON.parse(sessionStorage.getItem(KEY) ?? "null");

  const keep = (value) => {
    answered = value;
    sessionStorage.setItem(KEY, JSON.stringify(value));
    draw();
  };
  const draw = () => {
    const channel = current();
    const shown = Boolean(answered?.ts) && Boolean(channel) && (channel.is_im || channel.bot_is_member);
    const there = !root.hidden;
    root.hidden = !shown;
    if (shown) fill(root, head(), h("ul", {}, tips()));
    if (shown !== there) emit("tips");
  };
  const head = () =>
    h(
      "div.tips-head",
      {},
      h("h3", { id: "tips-title" }, "Things to try"),
      h(
        "button.icon-button",
        {
          type: "button",
          "aria-label": "Close this list",
          title: "Close this list",
          onclick: () => {
            keep("closed");
            composer.focusField();
          },
        },
        icon("close"),
      ),
    );
  const tips = () => {
    const other = otherPerson();
    const named = state.commands.some((known) => known.command === "/transcribe");
    return [
      tip("mic", "Record a clip", "Say a sentence and read it in the thread.", () => composer.record()),
      named &&
        tip("check", "/transcribe status", "See what became of your recordings.", () =>
          composer.begin("/transcribe status"),
        ),
      named &&
        tip("search", "/transcribe search", "Find something that was said: add a word to the command.", () =>
          composer.begin("/transcribe search "),
        ),
      tip("reply", "Open the reply", "Download the text. With two or more speakers: Rename speakers.", openReply),
      tip("home", "Open the bot's Home", "All your recordings in one place.", openHome),
      other &&
        h(
          "li",
          {},
          h(
            "a.tip",
            { href: addressAs(other.id), target: "_blank", rel: "noopener" },
            words("eye", `Be ${firstName(other)} in a new window`, "See what another member sees, and what stays private."),
          ),
        ),
    ];
  };
  const openReply = () => {
    if (state.channelId !== answered.channel || state.tab !== "messages") openConversation(answered.channel);
    openThread(answered.ts);
  };

  on("answered", (recording) => answered === null && keep(recording));
  on("conversation", draw);
  on("state", draw);
  return root;
}

function tip(picture, title, hint, onclick) {
  return h("li", {}, h("button.tip", { type: "button", onclick }, words(picture, title, hint)));
}

function words(picture, title, hint) {
  return [icon(picture), h("span.tip-words", {}, h("span.tip-title", {}, title), " ", h("span.tip-hint", {}, hint))];
}
