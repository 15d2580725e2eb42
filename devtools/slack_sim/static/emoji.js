// A few emoji by their name in Slack. An unknown name stays a name, as Slack shows it.

const BY_NAME = {
  white_check_mark: "✅", heavy_check_mark: "✔️", x: "❌", no_entry: "⛔", no_entry_sign: "🚫", warning: "⚠️",
  bell: "🔔", no_bell: "🔕", mute: "🔇", zzz: "💤", hourglass: "⌛", hourglass_flowing_sand: "⏳", clock9: "🕘",
  eyes: "👀", "+1": "👍", thumbsup: "👍", "-1": "👎", thumbsdown: "👎", raised_hand: "✋", wave: "👋", pray: "🙏",
  rotating_light: "🚨", red_circle: "🔴", large_orange_circle: "🟠", large_yellow_circle: "🟡", large_green_circle: "🟢",
  large_blue_circle: "🔵", fire: "🔥", zap: "⚡", boom: "💥", mag: "🔍", newspaper: "📰", link: "🔗", pushpin: "📌",
  memo: "📝", speech_balloon: "💬", chart_with_upwards_trend: "📈", chart_with_downwards_trend: "📉", bank: "🏦",
  information_source: "ℹ️", question: "❓", exclamation: "❗", star: "⭐", tada: "🎉", robot_face: "🤖", smile: "😄",
};

export function emoji(part) {
  if (part.unicode) return String.fromCodePoint(...part.unicode.split("-").map((code) => parseInt(code, 16)));
  return Object.hasOwn(BY_NAME, part.name) ? BY_NAME[part.name] : `:${part.name}:`;
}
