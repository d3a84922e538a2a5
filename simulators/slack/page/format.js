// Words for numbers, sizes, dates and durations, in the reader's language and time zone.

const UNITS = ["B", "kB", "MB", "GB"];

/** 1532 -> "1.5 kB". */
export function size(bytes) {
  let value = Number(bytes) || 0;
  let unit = 0;
  while (value >= 1000 && unit < UNITS.length - 1) {
    value /= 1000;
    unit += 1;
  }
  return `${value >= 10 || unit === 0 ? Math.round(value) : value.toFixed(1)} ${UNITS[unit]}`;
}

/** Seconds -> "0:07", "12:05", "1:02:03"; an unknown length is "–:––". */
export function clock(seconds) {
  if (!Number.isFinite(seconds)) return "–:––";
  const whole = Math.max(0, Math.floor(seconds));
  const [hours, minutes, rest] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60, whole % 60];
  const pad = (n) => String(n).padStart(2, "0");
  return hours ? `${hours}:${pad(minutes)}:${pad(rest)}` : `${minutes}:${pad(rest)}`;
}

/** A message's ts ("1700000000.000100") as a Date. */
export function dateOf(ts) {
  return new Date(Number(ts) * 1000);
}

/** The time of day of a ts. */
export function timeOf(ts) {
  return dateOf(ts).toLocaleTimeString(undefined, { hour: "2-digit", minute: "2-digit" });
}

const startOfDay = (date) => new Date(date.getFullYear(), date.getMonth(), date.getDate()).getTime();

/** "Today", "Yesterday" or a full date, for a date's place in a conversation. */
export function dayName(date, now = new Date()) {
  const days = Math.round((startOfDay(now) - startOfDay(date)) / 86400000);
  if (days === 0) return "Today";
  if (days === 1) return "Yesterday";
  if (days === -1) return "Tomorrow";
  return date.toLocaleDateString(undefined, { weekday: "long", day: "numeric", month: "long", year: "numeric" });
}

/** A date and time in full, for tooltips. */
export function fullDate(ts) {
  return dateOf(ts).toLocaleString(undefined, { dateStyle: "full", timeStyle: "medium" });
}

const pretty = (date, otherwise, lower = false) => {
  const name = dayName(date);
  if (!["Today", "Yesterday", "Tomorrow"].includes(name)) return otherwise;
  return lower ? name.toLowerCase() : name;
};

const DATE_TOKENS = {
  date_num: (d) =>
    `${d.getFullYear()}-${String(d.getMonth() + 1).padStart(2, "0")}-${String(d.getDate()).padStart(2, "0")}`,
  date_slash: (d) => d.toLocaleDateString(undefined, { dateStyle: "short" }),
  date: (d) => d.toLocaleDateString(undefined, { month: "long", day: "numeric", year: "numeric" }),
  date_long: (d) =>
    d.toLocaleDateString(undefined, { weekday: "long", month: "long", day: "numeric", year: "numeric" }),
  date_long_full: (d) =>
    d.toLocaleDateString(undefined, { weekday: "long", month: "long", day: "numeric", year: "numeric" }),
  date_short: (d) => d.toLocaleDateString(undefined, { month: "short", day: "numeric", year: "numeric" }),
  date_pretty: (d) => pretty(d, DATE_TOKENS.date(d)),
  date_short_pretty: (d) => pretty(d, DATE_TOKENS.date_short(d)),
  date_long_pretty: (d) => pretty(d, DATE_TOKENS.date_long(d)),
  date_day_long: (d) => d.toLocaleDateString(undefined, { weekday: "long" }),
  time: (d) => d.toLocaleTimeString(undefined, { hour: "2-digit", minute: "2-digit" }),
  time_secs: (d) => d.toLocaleTimeString(undefined, { hour: "2-digit", minute: "2-digit", second: "2-digit" }),
  ago: (d) => ago(d),
};

/** "3 minutes ago", "in 2 days". */
export function ago(date, now = new Date()) {
  const seconds = (date.getTime() - now.getTime()) / 1000;
  const words = new Intl.RelativeTimeFormat(undefined, { numeric: "auto" });
  const steps = [
    ["day", 86400],
    ["hour", 3600],
    ["minute", 60],
  ];
  for (const [unit, length] of steps) {
    if (Math.abs(seconds) >= length) return words.format(Math.trunc(seconds / length), unit);
  }
  return words.format(Math.trunc(seconds), "second");
}

/** Fills a date format of mrkdwn ("{date_short} at {time}"); unknown tokens make it null (use the fallback). */
export function slackDate(seconds, template) {
  const date = new Date(Number(seconds) * 1000);
  if (Number.isNaN(date.getTime())) return null;
  let known = true;
  const text = template.replace(/\{(\w+)\}/g, (whole, token) => {
    if (Object.hasOwn(DATE_TOKENS, token)) return DATE_TOKENS[token](date);
    known = false;
    return whole;
  });
  return known ? text : null;
}

/** count(2, "reply", "replies") -> "2 replies". */
export function count(number, one, many) {
  return `${number} ${number === 1 ? one : many}`;
}
