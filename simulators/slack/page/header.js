// The bar at the top: what this page is, whether the bot and the connection are there, and who one is.

import { avatar } from "./avatars.js";
import { fill, h, icon, mark } from "./dom.js";
import { bot, nameOf, on, state } from "./store.js";
import { become, report } from "./sync.js";

/** Draws the header into `root` and keeps it true. */
export function startHeader(root, { toggleSidebar }) {
  const status = h("div.status", { role: "status" });
  const notice = h("p.top-notice", { hidden: true });
  const people = h("div.people", { role: "radiogroup", "aria-label": "Act as" });
  const bar = h(
    "div.top-bar",
    {},
    h(
      "button.icon-button.menu-toggle",
      { type: "button", "aria-label": "Conversations", title: "Conversations", onclick: toggleSidebar },
      icon("menu"),
    ),
    h(
      "div.brand",
      {},
      h("span.brand-mark", {}, mark()),
      h(
        "div.brand-words",
        {},
        h("h1", {}, "Local workspace"),
        h("p.not-slack", {}, "For trying Threadscribe on this machine. ", h("strong", {}, "This is not Slack.")),
      ),
    ),
    status,
    h("span.people-label", { "aria-hidden": "true" }, "You are"),
    people,
  );
  fill(root, bar, notice);

  const drawStatus = () => {
    const name = bot()?.name ?? "The bot";
    const connections = {
      connecting: ["waiting", "Connecting…"],
      lost: ["waiting", "Reconnecting to the workspace…"],
      ended: ["off", "This workspace has ended"],
      live: state.botOnline ? ["on", `${name} is online`] : ["off", `${name} is offline`],
    };
    const [kind, words] = connections[state.connection];
    if (status.textContent === words) return;
    fill(status, h("span.dot", { class: kind, "aria-hidden": "true" }), h("span", {}, words));
  };
  const drawPeople = () => {
    const humans = [...state.users.values()].filter((user) => !user.is_bot && user.id !== "USLACKBOT");
    const held = people.contains(document.activeElement);
    fill(
      people,
      humans.map((user) => {
        const acting = user.id === state.me?.id;
        return h(
          "button.person",
          {
            type: "button",
            role: "radio",
            "aria-checked": String(acting),
            tabindex: acting ? "0" : "-1",
            title: `${nameOf(user.id)}${user.is_admin ? ", workspace admin" : ""}`,
            "aria-label": nameOf(user.id),
            dataset: { user: user.id },
            onclick: () => change(user.id),
          },
          avatar(user.id, "tiny"),
          h("span", {}, nameOf(user.id).split(" ")[0]),
        );
      }),
    );
    if (held) people.querySelector("[aria-checked=true]")?.focus();
  };
  const change = (id) => {
    if (id !== state.me?.id) become(id, state.channelId).catch(report);
  };
  people.addEventListener("keydown", (event) => {
    const step = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[event.key];
    if (!step) return;
    event.preventDefault();
    const all = [...people.children];
    const at = all.indexOf(document.activeElement);
    change(all[(at + step + all.length) % all.length].dataset.user);
  });
  on("state", () => {
    notice.hidden = !state.notice;
    fill(notice, state.notice);
    drawStatus();
    drawPeople();
  });
  on("connection", drawStatus);
  drawStatus();
}
