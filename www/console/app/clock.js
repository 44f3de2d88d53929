// The clock of the service, and the ticks of what the page counts.

/**
 * The time of the service, in ms since 1970.
 *
 * @param {Pick<import("./state.js").State, "clockOffset" | "clockSpeed" | "clockReadAt">} state
 */
export function serviceNow({ clockOffset, clockSpeed, clockReadAt }) {
  const now = Date.now();
  return now + clockOffset + (clockSpeed - 1) * Math.max(0, now - clockReadAt);
}

/** Differences below this are within the precision of the header `Date`, in ms. */
const IMPRECISE_MS = 2000;

/**
 * The clock of the service minus that of this machine by the header `Date` of a response. 0 if the difference is within
 * the precision of the header. Undefined without the header.
 *
 * @param {string | null} date
 * @param {number} now
 */
export function offsetOf(date, now) {
  const sent = Date.parse(date ?? "");
  if (Number.isNaN(sent)) return undefined;
  const offset = sent + 500 - now;
  return Math.abs(offset) <= IMPRECISE_MS ? 0 : offset;
}

/**
 * Calls a function about ten times per second while the page is visible and `isNeeded`. Call the result to check the
 * need again.
 *
 * @param {() => boolean} isNeeded
 * @param {() => void} tick
 */
export function createTicker(isNeeded, tick) {
  /** @type {ReturnType<typeof setInterval> | undefined} */
  let timer;
  const check = () => {
    const runs = !document.hidden && isNeeded();
    if (runs && timer === undefined) timer = setInterval(tick, 100);
    if (!runs && timer !== undefined) {
      clearInterval(timer);
      timer = undefined;
    }
    if (runs) tick();
  };
  document.addEventListener("visibilitychange", check);
  return check;
}
