// `validateExecution`: the only function that uses two modules. Each of them alone is smaller without it.

/** @typedef {import("../shared/runtime.js").Runtime} Runtime */

/**
 * Returns `validateExecution`. The module `language` is used only if the execution has a definition.
 *
 * @param {Runtime} ask checks the fields
 * @param {Runtime} language checks the definition
 */
export function createValidateExecution(ask, language) {
  /** @param {unknown} body */
  return function validateExecution(body) {
    const { diagnostics, definition } = ask.call("validateFields", body);
    return definition === undefined ? diagnostics : diagnostics.concat(language.call("validateDefinition", definition));
  };
}
