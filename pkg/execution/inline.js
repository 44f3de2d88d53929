// `validateExecution` of the entry "cloudflow-wasm".

import { parseExecution } from "../ask.js";
import { validateFlow } from "../language.js";
import { createValidateExecution } from "./validate.js";

export const validateExecution = /*#__PURE__*/ createValidateExecution(parseExecution, validateFlow);
