// Reads the options and parameters of a call once, into copies of plain data. The module reads only the copies: it
// does not run getters or proxies of the caller, and does not read `Object.prototype`.

import { CLIENT, CREDENTIALS, RETRY, isObject, own } from "../shared/options.js";

/** @param {unknown} credentials */
export const credentialsOf = (credentials) => own(credentials, CREDENTIALS);

/**
 * Returns the merged options of a client and of a call, as a copy of plain data. Options of the call take precedence.
 * A value that is not an object is returned unchanged: the module reports it. Throws what a getter throws.
 *
 * @param {unknown} client
 * @param {unknown} [call]
 * @param {import("../shared/options.js").Table} [names]
 */
export function optionsOf(client, call, names = CLIENT) {
  const [first, second] = [own(client, names), own(call, names)];
  if (first === undefined || first === null) return nested(second);
  if (second === undefined || second === null) return nested(first);
  if (!isObject(first)) return first;
  return nested(isObject(second) ? Object.assign(first, second) : second);
}

/** @param {any} options */
function nested(options) {
  if (!isObject(options)) return options;
  if (isObject(options.headers)) options.headers = own(options.headers, {});
  if (isObject(options.retry)) options.retry = own(options.retry, RETRY);
  if (isObject(options.credentials)) options.credentials = credentialsOf(options.credentials);
  return options;
}
