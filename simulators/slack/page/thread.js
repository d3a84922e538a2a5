// The right pane: one thread, its replies and a composer of its own.

import { composer } from "./composer.js";
import { fill, h, icon } from "./dom.js";
import { takeDrops } from "./drop.js";
import { messageList } from "./messages.js";
import { followFoot } from "./scroll.js";
import { current, on, openThread, state, threadKey } from "./store.js";
import { uploadRows } from "./uploads.js";

/** Draws the thread pane into `root` and keeps it true. */
export function startThread(root) {
  const target = () => ({ channel: state.channelId, threadTs: state.threadTs });
  const where = h("span.thread-where");
  const list = messageList({ label: "Replies", inThread: true });
  const scroller = h("div.scroll", {}, list);
  const write = composer(target, { inThread: true });
  const uploads = uploadRows(target);
  const head = h(
    "header.pane-head",
    {},
    h("div.pane-words", {}, h("h2.pane-title", {}, "Thread"), where),
    h(
      "button.icon-button",
      { type: "button", "aria-label": "Close thread", title: "Close thread (Esc)", onclick: () => shut() },
      icon("close"),
    ),
  );
  fill(root, head, scroller, uploads, write);
  const follow = followFoot(scroller, list);
  let shownTs = null;

  const shut = () => {
    const ts = state.threadTs;
    openThread(null);
    const message = document.querySelector(`#conversation .message[data-ts="${CSS.escape(ts)}"]`);
    (message?.querySelector(".thread-link") ?? message)?.focus();
  };
  root.addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || event.defaultPrevented) return;
    event.preventDefault();
    shut();
  });

  // On a narrow window the thread covers the conversation, which then must not be reached by Tab either.
  const narrow = window.matchMedia("(max-width: 720px)");
  const coverOthers = () => {
    document.getElementById("conversation").inert = narrow.matches && !root.hidden;
  };
  narrow.addEventListener("change", coverOthers);

  on("thread", ({ changed, focus, channel, ts }) => {
    root.hidden = !state.threadTs;
    document.body.classList.toggle("with-thread", !root.hidden);
    coverOthers();
    if (root.hidden) {
      list.show([]);
      shownTs = null;
      return;
    }
    if (!changed && (channel !== state.channelId || (ts && ts !== state.threadTs))) return;
    const channelName = current();
    where.textContent = channelName?.is_im ? channelName.name : `#${channelName?.name ?? ""}`;
    const known = state.threads.get(threadKey(state.channelId, state.threadTs));
    const parent = state.messages.get(state.channelId)?.get(state.threadTs);
    const messages = known ? [...known.values()] : parent ? [parent] : [];
    if (shownTs !== state.threadTs) list.show([]);
    list.show(messages.sort((a, b) => Number(a.ts) - Number(b.ts)));
    if (changed && shownTs !== state.threadTs) {
      write.refresh();
      uploads.refresh();
      follow.toFoot();
      if (focus) write.focusField();
    }
    shownTs = state.threadTs;
    follow.changed();
  });
  takeDrops(root, () => (state.threadTs ? { ...target(), name: "this thread" } : null));
}
