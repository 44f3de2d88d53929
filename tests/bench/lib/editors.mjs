// The language services of the comparison behind one interface: ours, and the one of AWS for its own dialect, which is
// written as JSON or as YAML.

import { createRequire } from "node:module";
import { parse, stringify } from "yaml";
import { makeFlow } from "./flows.mjs";
import { sound } from "./mistakes.mjs";

const require = createRequire(import.meta.url);

/**
 * The small flow of each language, and what differs between their texts.
 *
 * @typedef {object} Language
 * @property {string} sound a flow without findings
 * @property {string[]} names a state that is a target, another one, and one inside of a list
 * @property {(name: string) => string} target
 * @property {string} startKey a key with documentation
 * @property {[string, string]} newKey the text before an empty place for a key, with the place as `¦`, and a key for it
 * @property {string} halfTyped a line that is being written
 * @property {string} [comment]
 * @property {[string, string]} [call] a text, and a call of a function instead of it; absent in a dialect without functions
 */

/** @type {Record<string, Language>} */
export const languages = {
  StateMachine: {
    sound: sound.StateMachine,
    names: ["Both", "Done", "Bill"],
    target: (name) => `Next: ${name}\n`,
    startKey: "StartAt",
    newKey: ["    Seconds: 20\n    ¦\n", "Description"],
    halfTyped: "    Descri\n",
    comment: "# kept",
    call: ["text.$: $Input", 'text.$: hash($Input.a, "MD5")\n      more.$: $Input'],
  },
  flow: {
    sound: sound.flow,
    names: ["both", "giveUp", "bill"],
    target: (name) => `goto: ${name}\n`,
    startKey: "version",
    newKey: ["    duration: 20\n    ¦\n", "outputMappings"],
    halfTyped: "    outputMapp\n",
    comment: "# kept",
  },
  "asl, YAML": {
    sound: sound.asl,
    names: ["Both", "Done", "Bill"],
    target: (name) => `Next: ${name}\n`,
    startKey: "StartAt",
    newKey: ["    Seconds: 20\n    ¦\n", "Comment"],
    halfTyped: "    Descri\n",
    comment: "# kept",
    call: ["id.$: $.order.id", "id.$: States.Format('{}', $.order.id)"],
  },
  "asl, JSON": {
    sound: `${JSON.stringify(parse(sound.asl), null, 2)}\n`,
    names: ["Both", "Done", "Bill"],
    target: (name) => `"Next": "${name}"\n`,
    startKey: "StartAt",
    newKey: ['      "Seconds": 20,\n      "¦"\n', "Comment"],
    halfTyped: '      "Descri\n',
    call: ['"$.order.id"', "\"States.Format('{}', $.order.id)\""],
  },
};

/**
 * The longest text of at most the given number of bytes, from the same list of states in each language.
 *
 * @param {string} language
 * @param {number} bytes
 */
export function documentOf(language, bytes) {
  if (!language.startsWith("asl")) return makeFlow(language, { bytes }).text;
  const print = language === "asl, JSON" ? (value) => JSON.stringify(value, null, 2) : (value) => stringify(value);
  // The layout needs more bytes than the generated text.
  for (let raw = bytes; ; raw = Math.floor(raw * 0.98)) {
    const text = print(JSON.parse(makeFlow("asl", { bytes: raw }).text));
    if (Buffer.byteLength(text) <= bytes) return text;
  }
}

/** The functions of the AWS service for each feature: those that it has, and the names that others of its kind have. */
const AWS_NAMES = {
  definition: ["findDefinition", "doDefinition"],
  references: ["findReferences", "doReferences"],
  rename: ["doRename", "prepareRename"],
  codeActions: ["doCodeActions", "doCodeAction", "getCodeActions"],
  semanticTokens: ["getSemanticTokens", "doSemanticTokens"],
  inlayHints: ["getInlayHints", "doInlayHints"],
  signatureHelp: ["doSignatureHelp", "getSignatureHelp"],
};

/** @param {"YAML" | "JSON"} form */
export function createAws(form) {
  const { getLanguageService, getYamlLanguageService } = require("amazon-states-language-service");
  const { TextDocument } = require("vscode-languageserver-textdocument");
  const service = form === "YAML" ? getYamlLanguageService({}) : getLanguageService({});
  return {
    /** @param {string} text */
    open(text) {
      const id = form.toLowerCase();
      let document = TextDocument.create(`file:///flow.asl.${id}`, id, 1, text);
      // The functions for YAML read the text themselves.
      let parsed = form === "YAML" ? undefined : service.parseJSONDocument(document);
      const read = () => (parsed ??= service.parseJSONDocument(document));
      const range = ({ start, end }) => ({ start: document.offsetAt(start), end: document.offsetAt(end) });
      const absent = (feature) => {
        const name = AWS_NAMES[feature].find((name) => typeof service[name] === "function");
        if (name !== undefined) throw new Error(`the service has ${name} now: call it`);
        return undefined;
      };
      return {
        text: () => document.getText(),
        edit(start, end, newText) {
          const range = { start: document.positionAt(start), end: document.positionAt(end) };
          document = TextDocument.update(document, [{ range, text: newText }], document.version + 1);
          parsed = form === "YAML" ? undefined : service.parseJSONDocument(document);
        },
        diagnostics: () => service.doValidation(document, form === "YAML" ? undefined : read()),
        completion: async (offset) => {
          const list = await service.doComplete(
            document,
            document.positionAt(offset),
            form === "YAML" ? undefined : read(),
          );
          return (list?.items ?? []).map(({ label }) => label);
        },
        hover: async (offset) => (await service.doHover(document, document.positionAt(offset), read())) ?? undefined,
        symbols: () => service.findDocumentSymbols2(document, read()),
        folding: () => service.getFoldingRanges(document),
        selectionRanges(offset) {
          const found = [];
          for (
            let one = service.getSelectionRanges(document, [document.positionAt(offset)], read())[0];
            one;
            one = one.parent
          )
            found.push(range(one.range));
          return found;
        },
        format() {
          const all = { start: document.positionAt(0), end: document.positionAt(document.getText().length) };
          const edits = service.format(document, all, { tabSize: 2, insertSpaces: true });
          return TextDocument.applyEdits(document, edits);
        },
        definition: () => absent("definition"),
        references: () => absent("references"),
        rename: () => absent("rename"),
        codeActions: () => absent("codeActions"),
        semanticTokens: () => absent("semanticTokens"),
        inlayHints: () => absent("inlayHints"),
        signatureHelp: () => absent("signatureHelp"),
        close() {},
      };
    },
  };
}

/** @param {typeof import("../../../pkg/editor.js").openFlow} openFlow */
export function createOurs(openFlow) {
  const applied = (text, edits) => {
    let result = text;
    for (const { range, newText } of [...edits].reverse())
      result = result.slice(0, range.start.offset) + newText + result.slice(range.end.offset);
    return result;
  };
  const offsets = ({ start, end }) => ({ start: start.offset, end: end.offset });
  return {
    /** @param {string} text */
    open(text) {
      const flow = openFlow(text);
      return {
        text: flow.text,
        edit: flow.edit,
        diagnostics: flow.diagnostics,
        completion: (offset) => flow.completion(offset).items.map(({ label }) => label),
        hover: (offset) => flow.hover(offset) ?? undefined,
        symbols: flow.symbols,
        folding: flow.folding,
        selectionRanges: (offset) => flow.selectionRanges(offset).map(offsets),
        format: () => applied(flow.text(), flow.format().edits),
        definition: (offset) => offsets(flow.definition(offset)),
        references: (offset) => flow.references(offset).map(offsets),
        rename: (offset, name) => applied(flow.text(), flow.rename(offset, name)),
        codeActions: (start, end) => flow.codeActions(start, end).map(({ edits }) => applied(flow.text(), edits)),
        semanticTokens: flow.semanticTokens,
        inlayHints: flow.inlayHints,
        signatureHelp: (offset) => flow.signatureHelp(offset) ?? undefined,
        close: flow.close,
      };
    },
  };
}
