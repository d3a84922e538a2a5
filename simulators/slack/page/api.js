// Speaks BROWSER_API.md: calls with JSON, uploads with progress, and the live WebSocket with reconnects.

/** The token of this workspace, which the address has that the terminal printed. */
export const TOKEN = new URLSearchParams(location.search).get("token") ?? "";

/** The address of this page for a person. */
export const addressAs = (person) => `/?${new URLSearchParams({ token: TOKEN, as: person })}`;

export const ENDED = "This window belongs to a workspace that has ended. Open the address that the terminal shows.";
const SENTENCES = {
  wrong_page_token: ENDED,
  not_in_channel: "You are not in that conversation.",
  channel_not_found: "That conversation does not exist.",
  message_not_found: "That message is no longer there.",
  cant_delete_message: "You can delete only your own messages.",
  file_not_found: "That file is no longer there.",
  view_not_found: "That dialog is no longer open.",
  unknown_command: "There is no such command in this workspace.",
  no_text: "There is nothing to send.",
  too_large: "That file is too large.",
};

/** A call that the server refused, or that did not reach it; `message` is a sentence for a person. */
export class CallError extends Error {
  /** `status` is the HTTP status, or null when there was no answer. */
  constructor(message, status = null) {
    super(message);
    this.status = status;
  }
}

function sentence(status, answer) {
  const error = typeof answer?.error === "string" ? answer.error : "";
  if (SENTENCES[error]) return SENTENCES[error];
  if (error.includes(" ")) return error;
  if (error) return `The workspace refused this (${error}).`;
  if (status === 413) return "That is more than the workspace takes at once.";
  return `The workspace could not do this (HTTP ${status}).`;
}

async function readAnswer(response) {
  const answer = await response.json().catch(() => null);
  if (!response.ok || answer?.ok === false || (answer && typeof answer.error === "string")) {
    throw new CallError(sentence(response.status, answer), response.status);
  }
  return answer ?? {};
}

/** GET /local/NAME with query parameters. */
export async function get(name, parameters) {
  return send(`/local/${name}?${new URLSearchParams(parameters)}`, { headers: { "X-Page-Token": TOKEN } });
}

/** POST /local/NAME with a JSON body. */
export async function post(name, body) {
  const headers = { "Content-Type": "application/json", "X-Page-Token": TOKEN };
  return send(`/local/${name}`, { method: "POST", headers, body: JSON.stringify(body) });
}

async function send(address, options) {
  let response;
  try {
    response = await fetch(address, options);
  } catch {
    throw new CallError("The workspace does not answer. Is it still running in your terminal?");
  }
  return readAnswer(response);
}

/**
 * Sends files as one message. `onProgress(loaded, total)` in bytes; the answer has `cancel()` and `done`,
 * a promise of the server's answer.
 */
export function upload({ user, channel, threadTs, text, kind, files }, onProgress) {
  const form = new FormData();
  form.append("user", user);
  form.append("channel", channel);
  if (threadTs) form.append("thread_ts", threadTs);
  if (text) form.append("text", text);
  if (kind) form.append("kind", kind);
  for (const file of files) form.append("file", file, file.name);
  const request = new XMLHttpRequest();
  const done = new Promise((resolve, reject) => {
    request.open("POST", "/local/upload");
    request.setRequestHeader("X-Page-Token", TOKEN);
    request.responseType = "json";
    request.upload.addEventListener("progress", (event) => onProgress(event.loaded, event.total));
    request.addEventListener("load", () => {
      if (request.status < 300 && !request.response?.error) resolve(request.response ?? {});
      else reject(new CallError(sentence(request.status, request.response)));
    });
    request.addEventListener("error", () => reject(new CallError("The upload broke off. Please try again.")));
    request.addEventListener("abort", () => reject(new CallError("")));
    request.send(form);
  });
  return { done, cancel: () => request.abort() };
}

/** The address of a file's bytes for one person. */
export function fileAddress(file, viewer) {
  const url = new URL(file.url, location.href);
  // The workspace may name itself otherwise than the address bar does (localhost, 127.0.0.1).
  if (!/^\/files-(pri|tmb)\//.test(url.pathname)) return url.href;
  const own = new URL(url.pathname + url.search, location.href);
  own.searchParams.set("viewer", viewer);
  own.searchParams.set("token", TOKEN);
  return own.href;
}

const FIRST_DELAY = 400;
const LAST_DELAY = 8000;

/** Keeps a WebSocket open for one person: `onEvent(event)`, `onStatus("connecting"|"live"|"lost"|"ended")`; returns stop(). */
export function live(user, onEvent, onStatus) {
  let socket = null;
  let timer = null;
  let delay = FIRST_DELAY;
  let stopped = false;

  const connect = () => {
    const address = new URL("/local/live", location.href);
    address.search = new URLSearchParams({ user, token: TOKEN });
    address.protocol = location.protocol === "https:" ? "wss:" : "ws:";
    socket = new WebSocket(address);
    socket.addEventListener("open", () => {
      delay = FIRST_DELAY;
      onStatus("live");
    });
    socket.addEventListener("message", (message) => {
      if (!stopped) onEvent(JSON.parse(message.data));
    });
    socket.addEventListener("close", () => {
      if (stopped) return;
      onStatus("lost");
      // Full jitter, so that several windows do not come back at the same instant.
      timer = setTimeout(retry, delay * (0.5 + Math.random() / 2));
      delay = Math.min(delay * 2, LAST_DELAY);
    });
  };
  const retry = async () => {
    // A browser does not say why a WebSocket was refused; an ordinary call does.
    const headers = { "X-Page-Token": TOKEN };
    const query = new URLSearchParams({ user });
    const answer = await fetch(`/local/state?${query}`, { method: "HEAD", headers }).catch(() => null);
    if (stopped) return;
    if (answer?.status === 403) onStatus("ended");
    else connect();
  };
  const wake = () => {
    if (stopped || socket.readyState === WebSocket.OPEN || socket.readyState === WebSocket.CONNECTING) return;
    clearTimeout(timer);
    connect();
  };
  window.addEventListener("online", wake);
  onStatus("connecting");
  connect();
  return () => {
    stopped = true;
    clearTimeout(timer);
    window.removeEventListener("online", wake);
    socket.close();
  };
}
