// `validateExecution`: the only function that uses two modules. Each of them alone is smaller without it.

import { runtimeOf } from "../shared/behind.js";
import { inLocaleOf } from "../shared/locale.js";

/**
 * Returns `validateExecution`. The module `language` is used only if the execution has a definition.
 *
 * @param {Function} parseExecution its module checks the fields
 * @param {Function} validateFlow its module checks the definition
 */
export function createValidateExecution(parseExecution, validateFlow) {
  /**
   * @param {unknown} body
   * @param {unknown} [options]
   */
  return function validateExecution(body, options) {
    return inLocaleOf(options, () => {
      const { diagnostics, definition } = runtimeOf(parseExecution).call("validateFields", body);
      if (definition === undefined) return diagnostics;
      return diagnostics.concat(runtimeOf(validateFlow).call("validateDefinition", definition));
    });
  };
}
