// The emoji shortcodes this workspace draws: those people react with, and those a transcription bot writes.
// A shortcode that is not here is shown as it was typed.

export const EMOJI = {
  "+1": "👍", thumbsup: "👍", "-1": "👎", thumbsdown: "👎", heart: "❤️", tada: "🎉", eyes: "👀", pray: "🙏",
  clap: "👏", raised_hands: "🙌", wave: "👋", ok_hand: "👌", muscle: "💪", point_up: "☝️", point_right: "👉",
  smile: "😄", smiley: "😃", grinning: "😀", joy: "😂", slightly_smiling_face: "🙂", wink: "😉", thinking_face: "🤔",
  sob: "😭", cry: "😢", sweat_smile: "😅", sunglasses: "😎", heart_eyes: "😍", scream: "😱", rage: "😡",
  white_check_mark: "✅", heavy_check_mark: "✔️", ballot_box_with_check: "☑️", x: "❌", no_entry: "⛔",
  no_entry_sign: "🚫", warning: "⚠️", exclamation: "❗", question: "❓", information_source: "ℹ️", bulb: "💡",
  bell: "🔔", no_bell: "🔕", lock: "🔒", unlock: "🔓", key: "🔑", gear: "⚙️", wrench: "🔧", hammer_and_wrench: "🛠️",
  mag: "🔍", link: "🔗", paperclip: "📎", pushpin: "📌", round_pushpin: "📍", bookmark: "🔖", label: "🏷️",
  memo: "📝", pencil: "📝", pencil2: "✏️", page_facing_up: "📄", scroll: "📜", clipboard: "📋", books: "📚",
  bar_chart: "📊", chart_with_upwards_trend: "📈", calendar: "📆", date: "📅", inbox_tray: "📥", outbox_tray: "📤",
  file_folder: "📁", open_file_folder: "📂", card_index_dividers: "🗂️", wastebasket: "🗑️", floppy_disk: "💾",
  hourglass: "⌛", hourglass_flowing_sand: "⏳", stopwatch: "⏱️", alarm_clock: "⏰", timer_clock: "⏲️", clock3: "🕒",
  arrows_counterclockwise: "🔄", repeat: "🔁", fast_forward: "⏩", arrow_forward: "▶️", double_vertical_bar: "⏸️",
  arrow_right: "➡️", arrow_left: "⬅️", arrow_up: "⬆️", arrow_down: "⬇️", heavy_plus_sign: "➕", heavy_minus_sign: "➖",
  microphone: "🎤", studio_microphone: "🎙️", headphones: "🎧", speaker: "🔈", sound: "🔉", loud_sound: "🔊", mute: "🔇",
  musical_note: "🎵", notes: "🎶", radio: "📻", telephone_receiver: "📞", phone: "☎️", iphone: "📱", movie_camera: "🎥",
  video_camera: "📹", film_frames: "🎞️", tv: "📺", speech_balloon: "💬", speech_left: "🗨️", left_speech_bubble: "🗨️",
  thought_balloon: "💭", speaking_head_in_silhouette: "🗣️", busts_in_silhouette: "👥", bust_in_silhouette: "👤",
  robot_face: "🤖", stethoscope: "🩺", hospital: "🏥", earth_africa: "🌍", globe_with_meridians: "🌐", abc: "🔤",
  star: "⭐", star2: "🌟", sparkles: "✨", fire: "🔥", zap: "⚡", rocket: "🚀", 100: "💯", seedling: "🌱", coffee: "☕",
  red_circle: "🔴", large_blue_circle: "🔵", large_green_circle: "🟢", large_yellow_circle: "🟡", white_circle: "⚪",
  black_circle: "⚫", small_blue_diamond: "🔹", one: "1️⃣", two: "2️⃣", three: "3️⃣", moneybag: "💰", shield: "🛡️",
};

/** Offered first when a person reacts. */
export const QUICK = ["+1", "heart", "tada", "eyes", "white_check_mark", "pray"];

/** The characters of a shortcode (without colons; a skin-tone suffix is ignored), or null. */
export function emojiFor(name) {
  const plain = name.split("::")[0];
  return Object.hasOwn(EMOJI, plain) ? EMOJI[plain] : null;
}
