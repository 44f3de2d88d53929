// `validateExecution` of the entry "cloudflow-wasm".

import { runtime as ask } from "../ask/inline.js";
import { runtime as language } from "../language/inline.js";
import { createValidateExecution } from "./validate.js";

export const validateExecution = /*#__PURE__*/ createValidateExecution(ask, language);
