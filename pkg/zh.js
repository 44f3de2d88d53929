// Entry "cloudflow-wasm/zh": Chinese messages. It has a side effect: it adds the language.

import { addLocale } from "./shared/locale.js";
import { speaker } from "./zh/chinese.js";

addLocale("zh", speaker);

export { translate } from "./zh/chinese.js";
