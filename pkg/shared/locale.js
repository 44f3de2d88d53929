// The language of messages. The package writes English; the entry "cloudflow-wasm/zh" adds Chinese. The language belongs
// to the call: two calls of a program may use two languages at the same time.

import { own, wrongOptions } from "./options.js";

/**
 * Runs a call, and translates what it returns or throws. The options are a copy without `locale`.
 *
 * @typedef {(options: any, run: (options: any) => any) => any} Speaker
 */

/** @type {Record<string, Speaker>} */
const speakers = { __proto__: /** @type {any} */ (null), en: (options, run) => run(options) };

/**
 * Adds a language.
 *
 * @param {string} locale
 * @param {Speaker} speaker
 */
export function addLocale(locale, speaker) {
  speakers[locale] = speaker;
}

/**
 * Runs a call in the language of its options.
 *
 * @template T
 * @param {any} options a copy that has no prototype, or a value that is no object
 * @param {(options: any) => T} run
 * @returns {T}
 */
export function inLocale(options, run) {
  const locale = options?.locale ?? undefined;
  if (locale === undefined) return run(options);
  const speaker = speakers[locale];
  if (!speaker) throw wrongOptions('`locale` must be `en`, or `zh` after `import "cloudflow-wasm/zh"`');
  delete options.locale;
  return speaker(options, run);
}

const LOCALE = /** @type {const} */ ({ locale: true });

/**
 * Runs a call whose only option is the language. Other values than objects are not read, so that `texts.map(parseFlow)`
 * works.
 *
 * @template T
 * @param {unknown} options
 * @param {() => T} run
 * @returns {T}
 */
export const inLocaleOf = (options, run) => inLocale(own(options, LOCALE), run);
