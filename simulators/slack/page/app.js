// Starts the page: puts the panes together, takes person and conversation from the address, keeps it up to date.

import { addressAs } from "./api.js";
import { startChannel } from "./channel.js";
import { guardWindow } from "./drop.js";
import { startHeader } from "./header.js";
import { startModals } from "./modals.js";
import { startNotices } from "./notices.js";
import { startSidebar } from "./sidebar.js";
import { emit, on, openConversation, openThread, state } from "./store.js";
import { become } from "./sync.js";
import { startThread } from "./thread.js";

const DEFAULT_PERSON = "U0ALICE";
const RETRY = 2000; // ms between attempts to reach a workspace that is not up yet

const $ = (id) => document.getElementById(id);
const drawer = (open) => document.body.classList.toggle("sidebar-open", open);

startNotices($("notices"), $("heard"));
startHeader($("top"), { toggleSidebar: () => drawer(!document.body.classList.contains("sidebar-open")) });
startSidebar($("sidebar"), { chosen: () => drawer(false) });
const channel = startChannel($("conversation"));
startThread($("thread"));
startModals();
guardWindow();

/** #C0CLINIC, #C0CLINIC/1700000000.000100 (a thread) or #D0ALICE/home. */
function place() {
  const [conversation, rest] = location.hash.slice(1).split("/");
  return { conversation, home: rest === "home", thread: /^\d+\.\d+$/.test(rest ?? "") ? rest : null };
}

function remember() {
  if (!state.me || !state.channelId) return;
  const rest = state.tab === "home" ? "/home" : state.threadTs ? `/${state.threadTs}` : "";
  history.replaceState(null, "", `${addressAs(state.me.id)}#${state.channelId}${rest}`);
  const here = state.channels.get(state.channelId);
  document.title = `${here.is_im ? here.name : `#${here.name}`} · Local workspace for Threadscribe`;
}
on("conversation", remember);
on("thread", ({ changed }) => changed && remember());

window.addEventListener("hashchange", () => {
  const { conversation, home, thread } = place();
  openConversation(conversation, { tab: home ? "home" : "messages" });
  if (thread) openThread(thread);
});

document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape" || event.defaultPrevented || document.querySelector("dialog[open], :popover-open")) return;
  if (document.body.classList.contains("sidebar-open")) drawer(false);
  else if (state.threadTs) openThread(null);
});
document.addEventListener("pointerdown", (event) => {
  if (document.body.classList.contains("sidebar-open") && !event.target.closest("#sidebar, #top")) drawer(false);
});

async function start() {
  const { conversation, home, thread } = place();
  const person = new URLSearchParams(location.search).get("as") ?? DEFAULT_PERSON;
  try {
    await become(person, conversation);
  } catch (error) {
    emit("notice", { text: error.message, kind: "error" });
    // A person who does not exist will not appear; a workspace that is starting will.
    if (error.status === 404) history.replaceState(null, "", addressAs(DEFAULT_PERSON));
    if (error.status !== 403) setTimeout(start, RETRY);
    return;
  }
  if (home) openConversation(state.channelId, { tab: "home" });
  if (thread) openThread(thread, { focus: false });
  else channel.focusField();
  document.body.dataset.ready = "true";
}

start();
