// Times and durations in the language of the user.

/** @typedef {"en" | "zh"} Lang */

const LOCALES = { en: "en-US", zh: "zh-CN" };
const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const UNITS = /** @type {const} */ ([
  ["day", DAY],
  ["hour", HOUR],
  ["minute", MINUTE],
  ["second", SECOND],
]);
/** Symbols of the units, and what separates them from a number: a space that does not break. */
const DURATION = {
  en: { gap: "\u00a0", millisecond: "ms", second: "s", minute: "min", hour: "h", day: "d" },
  zh: { gap: "\u00a0", millisecond: "毫秒", second: "秒", minute: "分钟", hour: "小时", day: "天" },
};
/** Steps of an axis, in ms. */
const STEPS = [
  ...[1, 2, 5, 10, 20, 50, 100, 200, 500],
  ...[1, 2, 5, 10, 15, 30].map((n) => n * SECOND),
  ...[1, 2, 5, 10, 15, 30].map((n) => n * MINUTE),
  ...[1, 2, 3, 6, 12].map((n) => n * HOUR),
  ...[1, 2, 7, 14, 28, 56, 112, 224, 365].map((n) => n * DAY),
];

/** @type {Map<string, any>} formatters are slow to make */
const formatters = new Map();

/**
 * @param {string} key names the options
 * @param {Lang} lang
 * @param {(locale: string) => any} create
 */
function formatter(key, lang, create) {
  const name = `${lang} ${key}`;
  let found = formatters.get(name);
  if (!found) {
    found = create(LOCALES[lang] ?? LOCALES.en);
    formatters.set(name, found);
  }
  return found;
}

/**
 * A time of the service in ms since 1970. `undefined` if the text is no time.
 *
 * @param {string | undefined} text
 */
export function timeOf(text) {
  if (!text) return undefined;
  const ms = Date.parse(text);
  return Number.isNaN(ms) ? undefined : ms;
}

/**
 * A count, with separators of thousands.
 *
 * @param {number} count
 * @param {Lang} lang
 */
export const formatCount = (count, lang) =>
  formatter("count", lang, (locale) => new Intl.NumberFormat(locale)).format(count);

/**
 * A duration, such as `350 ms`, `1.25 s` or `2 min 5 s`: at most two units. `isLive` is a duration that grows: tenths of
 * a second, so that its width seldom changes.
 *
 * @param {number} ms
 * @param {Lang} lang
 * @param {{ isLive?: boolean }} [options]
 */
export function formatDuration(ms, lang, { isLive = false } = {}) {
  const sign = ms < 0 ? "-" : "";
  const all = Math.abs(ms);
  const { gap, ...names } = DURATION[lang] ?? DURATION.en;
  const unit = (/** @type {number} */ value, /** @type {keyof typeof names} */ name, least = 0, most = least) => {
    const options = { minimumFractionDigits: least, maximumFractionDigits: most };
    const create = (/** @type {string} */ locale) => new Intl.NumberFormat(locale, options);
    return `${formatter(`${least} ${most}`, lang, create).format(value)}${gap}${names[name]}`;
  };
  if (isLive && all < MINUTE) return sign + unit(Math.floor(all / 100) / 10, "second", 1);
  if (all < SECOND) {
    // What is rounded to 1000 ms is a second.
    const whole = Math.round(all);
    if (whole < SECOND) return sign + unit(whole, "millisecond");
  }
  if (all < MINUTE) {
    const digits = all < 10 * SECOND ? 2 : 1;
    // What is rounded to 60 s is a minute.
    const seconds = Number((all / SECOND).toFixed(digits));
    if (seconds < 60) return sign + unit(seconds, "second", 0, digits);
  }
  const round = isLive ? Math.floor : Math.round;
  const rest = all < HOUR ? round(all / SECOND) * SECOND : round(all / MINUTE) * MINUTE;
  const first = UNITS.findIndex(([, size]) => rest >= size);
  const [name, size] = UNITS[first];
  const [nextName, nextSize] = UNITS[first + 1];
  const whole = unit(Math.floor(rest / size), name);
  const more = Math.floor((rest % size) / nextSize);
  return sign + (more > 0 ? `${whole} ${unit(more, nextName)}` : whole);
}

/**
 * A time of a countdown: whole seconds, rounded up.
 *
 * @param {number} ms
 * @param {Lang} lang
 */
export const formatCountdown = (ms, lang) => formatDuration(Math.max(0, Math.ceil(ms / SECOND)) * SECOND, lang);

/**
 * A clock time of the user's time zone, such as `14:03:05.120`.
 *
 * @param {number} ms
 * @param {Lang} lang
 * @param {{ digits?: 0 | 3, date?: boolean }} [options]
 */
export function formatClock(ms, lang, { digits = 0, date = false } = {}) {
  const options = {
    ...(date ? { month: "short", day: "numeric" } : {}),
    hour: "2-digit",
    minute: "2-digit",
    second: "2-digit",
    hourCycle: "h23",
    ...(digits ? { fractionalSecondDigits: digits } : {}),
  };
  const create = (/** @type {string} */ locale) => new Intl.DateTimeFormat(locale, /** @type {any} */ (options));
  return formatter(`clock ${digits} ${date}`, lang, create).format(ms);
}

/**
 * Date and time, with ms unless `digits` is 0.
 *
 * @param {number} ms
 * @param {Lang} lang
 * @param {{ digits?: 0 | 3 }} [options]
 */
export function formatDateTime(ms, lang, { digits = 3 } = {}) {
  const create = (/** @type {string} */ locale) =>
    new Intl.DateTimeFormat(locale, { year: "numeric", month: "short", day: "numeric" });
  return `${formatter("date", lang, create).format(ms)} ${formatClock(ms, lang, { digits })}`;
}

/**
 * The step between the ticks of an axis: the smallest one that leaves `minPx` between two of them.
 *
 * @param {number} pxPerMs
 * @param {number} minPx
 */
export function tickStep(pxPerMs, minPx) {
  const found = STEPS.find((step) => step * pxPerMs >= minPx);
  if (found !== undefined) return found;
  const last = STEPS[STEPS.length - 1];
  return Math.ceil(minPx / pxPerMs / last) * last;
}

/**
 * The end of an axis that shows `ms`, with room to grow: while an execution runs, the scale changes seldom.
 *
 * @param {number} ms
 */
export function roundUp(ms) {
  const wanted = Math.max(ms, 1) * 1.05;
  const power = 10 ** Math.floor(Math.log10(wanted));
  const found = [1, 1.25, 1.5, 2, 2.5, 3, 4, 5, 6, 8, 10].find((factor) => factor * power >= wanted) ?? 10;
  return Math.ceil(found * power);
}
