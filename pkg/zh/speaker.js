// Runs a call and translates what it returns, throws, or passes to callbacks.

import { emulated, isEmulated } from "../shared/behind.js";
import { CloudFlowError } from "../shared/error.js";

/** @typedef {(message: string) => string | undefined} Translate */

/**
 * @param {Translate} translate
 * @param {Translate} translateTitle for titles of hovers
 * @returns {import("../shared/locale.js").Speaker}
 */
export function createSpeaker(translate, translateTitle) {
  /** @param {string | undefined} text */
  const said = (text) => (typeof text === "string" ? (translate(text) ?? text) : text);

  return speak;

  /** @type {import("../shared/locale.js").Speaker} */
  function speak(options, run) {
    const onRetry = options?.onRetry;
    if (typeof onRetry === "function")
      options.onRetry = (/** @type {any} */ event) => onRetry({ ...event, error: errorOf(event.error) });
    return attempt(() => run(options));
  }

  /**
   * @param {() => any} act
   * @returns {any}
   */
  function attempt(act) {
    try {
      return resultOf(act());
    } catch (error) {
      throw errorOf(error);
    }
  }

  /**
   * @param {any} result
   * @returns {any}
   */
  function resultOf(result) {
    if (result instanceof Promise)
      return result.then(resultOf, (error) => {
        throw errorOf(error);
      });
    if (typeof result === "function") {
      const spoken = (/** @type {any[]} */ ...args) => attempt(() => result(...args));
      // Requests to an emulator do not leave the program, in any language.
      return isEmulated(result) ? emulated(spoken) : spoken;
    }
    if (Array.isArray(result)) return result.map(shown);
    if (typeof result !== "object" || result === null || Object.getPrototypeOf(result) !== Object.prototype)
      return result;
    const first = Object.values(result)[0];
    // The functions of an emulator or of an open flow.
    if (typeof first === "function")
      return Object.fromEntries(Object.entries(result).map(([name, value]) => [name, resultOf(value)]));
    return shown(result);
  }

  /**
   * A copy of a result, or of an entry of a list, in which the texts for people are translated. Other results are returned
   * unchanged.
   *
   * @param {any} result
   * @returns {any}
   */
  function shown(result) {
    if (typeof result !== "object" || result === null) return result;
    if ("severity" in result && "message" in result) return diagnosticOf(result);
    if (Array.isArray(result.diagnostics)) return { ...result, diagnostics: result.diagnostics.map(diagnosticOf) };
    if (result.error === "Local.InvalidDefinition") return { ...result, cause: said(result.cause) };
    if (Array.isArray(result.problems)) return { ...result, problems: result.problems.map(said) };
    if (Array.isArray(result.items)) return { ...result, items: result.items.map(explained) };
    if ("edits" in result && "title" in result) return { ...result, title: said(result.title) };
    if ("documentation" in result || "summary" in result || "page" in result) return explained(result);
    return result;
  }

  /** @param {any} found */
  function diagnosticOf(found) {
    const copy = { ...found, message: said(found.message) };
    if (found.related)
      copy.related = found.related.map((/** @type {any} */ one) => ({ ...one, message: said(one.message) }));
    if (found.fix) copy.fix = { ...found.fix, title: said(found.fix.title) };
    return copy;
  }

  /** An item of a completion, a hover or a signature. @param {any} item */
  function explained(item) {
    const copy = { ...item };
    for (const name of ["documentation", "detail"]) if (name in item) copy[name] = said(item[name]);
    // One line for each fact.
    if (item.summary) copy.summary = item.summary.split("\n").map(said).join("\n");
    if (item.title) copy.title = translateTitle(item.title) ?? item.title;
    return copy;
  }

  /**
   * A copy of an error of the package: calls in other languages may share the error. Another error is returned unchanged.
   *
   * @param {any} error
   */
  function errorOf(error) {
    if (!(error instanceof CloudFlowError)) return error;
    const fields = /** @type {any} */ (error);
    const message = said(fields.message) ?? "";
    const diagnostics = fields.diagnostics?.map(diagnosticOf);
    const copy = new CloudFlowError({ ...fields, message, diagnostics, cause: fields.cause });
    copy.stack = error.stack?.replace(error.message, () => message);
    return copy;
  }
}
