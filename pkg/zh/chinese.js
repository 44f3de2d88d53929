// The Chinese language: the translation of messages, and of what calls return and throw.

import { ADVICE, CLIENT } from "./client.js";
import { DIAGNOSTICS } from "./diagnostics.js";
import { EDITOR, TITLES } from "./editor.js";
import { LOCAL } from "./local.js";
import { createSpeaker } from "./speaker.js";
import { createTranslator } from "./translate.js";

const translated = /*#__PURE__*/ createTranslator([DIAGNOSTICS, EDITOR, CLIENT, LOCAL], { ends: ADVICE });

export const speaker = /*#__PURE__*/ createSpeaker(
  translated,
  /*#__PURE__*/ createTranslator([DIAGNOSTICS, EDITOR, TITLES]),
);

/** @param {string} message */
export const translate = (message) => translated(message) ?? message;
