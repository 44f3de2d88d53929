// The Chinese texts of the command.

import { translate as translateMessage } from "../zh.js";
import { createTranslator } from "../zh/translate.js";
import { GATEWAY } from "./zh/gateway.js";
import { HELP } from "./zh/help.js";
import { HELPS, NOTES } from "./zh/long.js";
import { FORMS, MESSAGES, PREDICATES } from "./zh/messages.js";
import { JSON_PROBLEMS, NETWORK, YAML_PROBLEMS } from "./zh/runtime.js";

/** What a file is or is not: the name of the file comes first. Without a name, 其 refers to the file. */
const sentences = Object.fromEntries(
  Object.entries(PREDICATES).map(([english, chinese]) => [
    `{0} ${shifted(english)}`,
    `{0} ${shifted(chinese.replace(/^其/, ""))}`,
  ]),
);

/** A hole has the number 1: the templates have one at most. @param {string} template */
function shifted(template) {
  return template.replace("{}", "{1}");
}

/** @param {string} message */
function other(message) {
  const text = translateMessage(message);
  return text === message ? undefined : text;
}

const translated = createTranslator(
  [HELP, NOTES, MESSAGES, PREDICATES, sentences, GATEWAY, JSON_PROBLEMS, NETWORK, YAML_PROBLEMS],
  {
    other,
  },
);

/** @type {import("../shared/words.js").Words} */
export const chinese = {
  locale: "zh",
  message: (text) => {
    const message = translated(text);
    if (message === undefined) return text;
    // A hole at the end may be empty.
    return text.endsWith(" ") ? message : message.trimEnd();
  },
  template: (text) => FORMS[text] ?? HELPS[text] ?? text,
};
