// Times as Slack writes them. Formats are those of the date element in the Block Kit reference.

const show = (options) => (date) => new Intl.DateTimeFormat(undefined, options).format(date);
const clock = show({ hour: "2-digit", minute: "2-digit" });
const longDate = show({ weekday: "long", year: "numeric", month: "long", day: "numeric" });
const plainDate = show({ year: "numeric", month: "long", day: "numeric" });
const shortDate = show({ year: "numeric", month: "short", day: "numeric" });

function dayStart(date) {
  return new Date(date.getFullYear(), date.getMonth(), date.getDate()).getTime();
}

function pretty(otherwise) {
  return (date) => {
    const days = Math.round((dayStart(date) - dayStart(new Date())) / 86400000);
    return { "-1": "yesterday", 0: "today", 1: "tomorrow" }[days] ?? otherwise(date);
  };
}

export function ago(date) {
  const seconds = Math.max(0, (Date.now() - date.getTime()) / 1000);
  const steps = [[86400, "day"], [3600, "hour"], [60, "minute"]];
  for (const [length, unit] of steps) {
    const count = Math.floor(seconds / length);
    if (count >= 1) return `${count} ${unit}${count > 1 ? "s" : ""} ago`;
  }
  return "just now";
}

const TOKENS = {
  date_num: (date) => `${date.getFullYear()}-${String(date.getMonth() + 1).padStart(2, "0")}-${String(date.getDate()).padStart(2, "0")}`,
  date_slash: show({ day: "2-digit", month: "2-digit", year: "numeric" }),
  date: plainDate, date_long: longDate, date_long_full: plainDate, date_short: shortDate,
  date_pretty: pretty(plainDate), date_long_pretty: pretty(longDate), date_short_pretty: pretty(shortDate),
  day_divider_pretty: pretty(longDate),
  time: clock, time_secs: show({ hour: "2-digit", minute: "2-digit", second: "2-digit" }),
  ago,
};

export function formatted(timestamp, format, fallback) {
  const date = new Date(timestamp * 1000);
  if (Number.isNaN(date.getTime())) return fallback ?? "";
  return format.replace(/\{([a-z_]+)\}/g, (whole, name) => TOKENS[name]?.(date) ?? whole);
}

export const tsDate = (ts) => new Date(Number(ts) * 1000);
export const timeOf = (ts) => clock(tsDate(ts));
export const fullTimeOf = (ts) => `${longDate(tsDate(ts))}, ${TOKENS.time_secs(tsDate(ts))}`;
export const dayOf = (ts) => dayStart(tsDate(ts));
export function dayName(ts) {
  const name = pretty(longDate)(tsDate(ts));
  return name.charAt(0).toUpperCase() + name.slice(1);
}
