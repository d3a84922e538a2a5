// Records a voice clip from the microphone with MediaRecorder: a row with the time and the loudness, cancel, send.

import { h, icon } from "./dom.js";
import { clock } from "./format.js";
import { emit } from "./store.js";

const TYPES = [
  ["audio/webm;codecs=opus", "webm"],
  ["audio/mp4", "m4a"],
  ["audio/ogg;codecs=opus", "ogg"],
  ["audio/webm", "webm"],
];
const REFUSED = {
  NotAllowedError: "The browser did not allow the microphone. Allow it in the address bar and try again.",
  NotFoundError: "No microphone was found.",
  NotReadableError: "The microphone is in use by another program.",
};

/** Starts recording; resolves to {element, done} where `done` is a File, or null when cancelled. Null: not possible. */
export async function startRecording() {
  if (!navigator.mediaDevices?.getUserMedia || !window.MediaRecorder) {
    emit("notice", { text: "This browser records only on a page opened at localhost or over https.", kind: "error" });
    return null;
  }
  let stream;
  try {
    stream = await navigator.mediaDevices.getUserMedia({ audio: true });
  } catch (error) {
    emit("notice", { text: REFUSED[error.name] ?? "The microphone could not be opened.", kind: "error" });
    return null;
  }
  const [mimeType, ending] = TYPES.find(([type]) => MediaRecorder.isTypeSupported(type)) ?? ["", "webm"];
  const recorder = new MediaRecorder(stream, mimeType ? { mimeType } : {});
  const chunks = [];
  recorder.addEventListener("dataavailable", (event) => chunks.push(event.data));
  const started = performance.now();
  const time = h("span.record-time", { role: "timer" }, "0:00");
  const level = h(
    "span.record-level",
    { "aria-hidden": "true" },
    Array.from({ length: 24 }, () => h("i")),
  );
  let keep = false;
  const finish = (send) => {
    keep = send;
    if (recorder.state !== "inactive") recorder.stop();
  };
  const element = h(
    "div.recording",
    { role: "group", "aria-label": "Recording a voice clip" },
    h("span.record-dot", { "aria-hidden": "true" }),
    time,
    level,
    h("button.plain", { type: "button", onclick: () => finish(false) }, "Discard"),
    h("button.primary", { type: "button", onclick: () => finish(true) }, icon("send"), "Send clip"),
  );
  element.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    event.stopPropagation();
    finish(false);
  });

  const stopMeter = meter(stream, level);
  const ticking = setInterval(() => {
    time.textContent = clock((performance.now() - started) / 1000);
  }, 250);
  const done = new Promise((resolve) => {
    recorder.addEventListener("stop", () => {
      clearInterval(ticking);
      stopMeter();
      stream.getTracks().forEach((track) => track.stop());
      const type = (recorder.mimeType || mimeType || "audio/webm").split(";")[0];
      resolve(keep && chunks.length ? new File(chunks, `audio_message.${ending}`, { type }) : null);
    });
  });
  recorder.start(1000);
  return { element, done };
}

function meter(stream, level) {
  const context = new AudioContext();
  const analyser = context.createAnalyser();
  analyser.fftSize = 512;
  context.createMediaStreamSource(stream).connect(analyser);
  const samples = new Float32Array(analyser.fftSize);
  const bars = [...level.children];
  const levels = bars.map(() => 0);
  const timer = setInterval(() => {
    analyser.getFloatTimeDomainData(samples);
    const loudness = Math.sqrt(samples.reduce((sum, x) => sum + x * x, 0) / samples.length);
    levels.push(Math.min(1, loudness * 4));
    levels.shift();
    bars.forEach((bar, n) => bar.style.setProperty("--level", Math.max(0.08, levels[n]).toFixed(2)));
  }, 80);
  return () => {
    clearInterval(timer);
    context.close();
  };
}
