// Plays the audio of a file: a button, the shape of the sound, time, and speed. Short recordings are decoded in
// the browser to draw their shape; long ones, and those it cannot decode, get a plain line.

import { h, icon } from "./dom.js";
import { clock } from "./format.js";

const BARS = 64;
const MAX_BYTES = 6_000_000;
const MAX_SECONDS = 180;
const SPEEDS = [1, 1.25, 1.5, 2];
let playing = null;

/** A player for one address. */
export function audioPlayer(address, name, bytes) {
  const audio = new Audio();
  audio.preload = "metadata";
  audio.src = address;
  const toggle = h("button.player-play", { type: "button", "aria-label": `Play ${name}` }, icon("play"));
  const seek = h("input.player-seek", {
    type: "range",
    min: "0",
    max: "1000",
    value: "0",
    "aria-label": `Position in ${name}`,
  });
  const bars = h("div.player-bars", { "aria-hidden": "true" });
  const time = h("span.player-time", {}, clock(NaN));
  const speed = h("button.player-speed", { type: "button", "aria-label": "1× speed", title: "Speed" }, "1×");
  const element = h(
    "div.player",
    { role: "group", "aria-label": `Recording ${name}` },
    toggle,
    h("div.player-track", {}, bars, seek),
    time,
    speed,
  );
  let dragging = false;
  let decoded = NaN; // seconds; a browser's own recording does not say how long it is

  const length = () => (Number.isFinite(audio.duration) ? audio.duration : decoded);
  const draw = () => {
    const share = length() ? audio.currentTime / length() : 0;
    if (!dragging) seek.value = String(Math.round(share * 1000));
    element.style.setProperty("--played", `${(Number(seek.value) / 10).toFixed(2)}%`);
    bars.querySelectorAll("i").forEach((bar, n) => bar.classList.toggle("on", n / BARS < Number(seek.value) / 1000));
    time.textContent = audio.currentTime > 0 ? `${clock(audio.currentTime)} / ${clock(length())}` : clock(length());
    seek.setAttribute("aria-valuetext", `${clock(audio.currentTime)} of ${clock(length())}`);
  };
  const face = () => {
    toggle.replaceChildren(icon(audio.paused ? "play" : "pause"));
    toggle.setAttribute("aria-label", `${audio.paused ? "Play" : "Pause"} ${name}`);
  };
  const start = () => audio.play().catch(() => fail());
  const fail = () => {
    element.classList.add("unplayable");
    element.replaceChildren(h("span.player-note", {}, "This browser cannot play this format. Download it to listen."));
  };

  toggle.addEventListener("click", () => (audio.paused ? start() : audio.pause()));
  speed.addEventListener("click", () => {
    audio.playbackRate = SPEEDS[(SPEEDS.indexOf(audio.playbackRate) + 1) % SPEEDS.length];
    speed.textContent = `${audio.playbackRate}×`;
    speed.setAttribute("aria-label", `${audio.playbackRate}× speed`);
  });
  seek.addEventListener("input", () => {
    dragging = true;
    if (length()) audio.currentTime = (Number(seek.value) / 1000) * length();
    dragging = false;
    draw();
  });
  seek.addEventListener("keydown", (event) => {
    const step = { ArrowLeft: -5, ArrowDown: -5, ArrowRight: 5, ArrowUp: 5 }[event.key];
    if (!step) return;
    event.preventDefault();
    event.stopPropagation();
    audio.currentTime = Math.min(Math.max(0, audio.currentTime + step), length() || 0);
  });
  audio.addEventListener("play", () => {
    if (playing && playing !== audio) playing.pause();
    playing = audio;
    face();
  });
  audio.addEventListener("pause", face);
  audio.addEventListener("timeupdate", draw);
  audio.addEventListener("durationchange", draw);
  audio.addEventListener("error", fail);
  audio.addEventListener(
    "loadedmetadata",
    () => {
      draw();
      if (bytes <= MAX_BYTES && !(length() > MAX_SECONDS))
        drawShape(address, bars).then((seconds) => {
          decoded = seconds;
          element.classList.toggle("shaped", seconds > 0);
          draw();
        });
    },
    { once: true },
  );
  return element;
}

/** Draws the shape of the sound into `bars`; answers its seconds, NaN when the browser cannot decode it. */
async function drawShape(address, bars) {
  try {
    const bytes = await (await fetch(address)).arrayBuffer();
    // A low rate is enough for a picture and keeps the decoded sound small.
    const sound = await new OfflineAudioContext(1, 1, 8000).decodeAudioData(bytes);
    const samples = sound.getChannelData(0);
    const step = Math.max(1, Math.floor(samples.length / BARS));
    const levels = Array.from({ length: BARS }, (_, n) => {
      let sum = 0;
      for (let i = n * step; i < Math.min((n + 1) * step, samples.length); i += 1) sum += samples[i] ** 2;
      return Math.sqrt(sum / step);
    });
    const loudest = Math.max(...levels, 1e-4);
    bars.replaceChildren(
      ...levels.map((level) => h("i", { vars: { "--level": (0.08 + 0.92 * (level / loudest) ** 0.7).toFixed(3) } })),
    );
    return sound.duration;
  } catch {
    return NaN; // the plain line stays: the shape is an ornament
  }
}
