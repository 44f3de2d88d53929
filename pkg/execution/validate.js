// `validateExecution`: the only function that uses two modules. Each of them alone is smaller without it.

import { runtimeOf } from "../shared/behind.js";

/**
 * Returns `validateExecution`. The module `language` is used only if the execution has a definition.
 *
 * @param {Function} parseExecution its module checks the fields
 * @param {Function} validateFlow its module checks the definition
 */
export function createValidateExecution(parseExecution, validateFlow) {
  /** @param {unknown} body */
  return function validateExecution(body) {
    const { diagnostics, definition } = runtimeOf(parseExecution).call("validateFields", body);
    if (definition === undefined) return diagnostics;
    return diagnostics.concat(runtimeOf(validateFlow).call("validateDefinition", definition));
  };
}
