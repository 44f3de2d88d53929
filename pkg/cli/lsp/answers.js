// The answers to requests about a document.

import { ACTION_KIND, LEGEND, hoverMarkdown, markdown, nameOf, startsValue, tokenData } from "../../editor/protocol.js";
import { completionOf } from "./complete.js";
import { editsOf, invalid, markup, offsetOf, rangeOf, workspaceEdit, workspaceEditOf } from "./convert.js";

/** @import { Diagnostic, FlowSymbol, OpenFlow } from "../../editor.js" */
/** @import { Document } from "./document.js" */

/**
 * What the client can do.
 *
 * @typedef {object} Client
 * @property {boolean} markdown
 * @property {boolean} symbolTree
 * @property {boolean} versionedEdits
 * @property {boolean} related
 * @property {boolean} resolvesEdits
 * @property {boolean} sharesRange a list of items has one range for all of them
 * @property {boolean} sharesData the same for what the server needs to resolve one
 */

/**
 * A request about an open document.
 *
 * @typedef {object} Asked
 * @property {Document} document
 * @property {OpenFlow} flow
 * @property {any} params
 * @property {Client} client
 */

/** What the server can do. */
export const CAPABILITIES = {
  positionEncoding: "utf-16",
  textDocumentSync: { openClose: true, change: 2 },
  completionProvider: { triggerCharacters: [".", "$", " "], resolveProvider: true },
  hoverProvider: true,
  signatureHelpProvider: { triggerCharacters: ["(", ","] },
  definitionProvider: true,
  referencesProvider: true,
  documentHighlightProvider: true,
  documentSymbolProvider: true,
  codeActionProvider: { codeActionKinds: ["quickfix", "refactor.rewrite"], resolveProvider: true },
  documentFormattingProvider: true,
  renameProvider: { prepareProvider: true },
  foldingRangeProvider: true,
  selectionRangeProvider: true,
  semanticTokensProvider: { legend: LEGEND, full: true },
  inlayHintProvider: true,
};

const SEVERITY = { error: 1, warning: 2, info: 3 };

const DOCUMENTATION = "https://github.com/cloudflow-wasm/cloudflow-wasm/blob/main/docs/diagnostics.md";

/** @type {Record<string, (asked: Asked) => unknown>} */
export const ANSWERS = {
  "textDocument/completion": ({ document, flow, params, client }) => {
    const offset = offsetOf(document, params.position);
    const before = document.text.slice(Math.max(0, offset - 2), offset);
    if (params.context?.triggerCharacter === " " && !startsValue(before)) return null;
    return completionOf(document, offset, flow.completion(offset), client);
  },
  "textDocument/hover": ({ document, flow, params, client }) => {
    const found = flow.hover(offsetOf(document, params.position));
    return found && { range: rangeOf(document, found.range), contents: markup(hoverMarkdown(found), client) };
  },
  "textDocument/signatureHelp": ({ document, flow, params, client }) => {
    const found = flow.signatureHelp(offsetOf(document, params.position));
    if (found === null) return null;
    const { label, parameters, activeParameter } = found;
    const documentation = markup(markdown(found), client);
    return {
      signatures: [{ label, documentation, parameters: parameters.map((label) => ({ label })) }],
      activeSignature: 0,
      activeParameter,
    };
  },
  "textDocument/definition": ({ document, flow, params }) => {
    const range = flow.definition(offsetOf(document, params.position));
    return range && { uri: document.uri, range: rangeOf(document, range) };
  },
  "textDocument/references": ({ document, flow, params }) => {
    const offset = offsetOf(document, params.position);
    const definition = params.context?.includeDeclaration === false ? flow.definition(offset) : null;
    return flow
      .references(offset)
      .filter(({ start }) => start.offset !== definition?.start.offset)
      .map((range) => ({ uri: document.uri, range: rangeOf(document, range) }));
  },
  "textDocument/documentHighlight": ({ document, flow, params }) =>
    flow.references(offsetOf(document, params.position)).map((range) => ({ range: rangeOf(document, range), kind: 1 })),
  "textDocument/prepareRename": ({ document, flow, params }) => {
    const range = flow.prepareRename(offsetOf(document, params.position));
    if (range === null) return null;
    const placeholder = document.text.slice(range.start.offset, range.end.offset);
    return { range: rangeOf(document, range), placeholder };
  },
  "textDocument/rename": ({ document, flow, params, client }) => {
    const offset = offsetOf(document, params.position);
    if (typeof params.newName !== "string") throw invalid("`newName` must be a string");
    return workspaceEdit(document, flow.rename(offset, params.newName), client);
  },
  "textDocument/codeAction": ({ document, flow, params, client }) => {
    const { only, diagnostics = [] } = params.context ?? {};
    const found = flow.codeActions(offsetOf(document, params.range?.start), offsetOf(document, params.range?.end));
    return found
      .map(({ title, kind, edits, code }) => {
        const isFix = kind === "fix";
        const action = { title, kind: ACTION_KIND[kind] };
        const { uri, version } = document;
        if (kind === "migrate") return client.resolvesEdits ? { ...action, data: { uri, version } } : null;
        const edit = workspaceEdit(document, edits, client);
        if (!isFix) return { ...action, edit };
        const fixed = list(diagnostics).filter((one) => one?.code === code);
        return { ...action, isPreferred: true, diagnostics: fixed, edit };
      })
      .filter((action) => action !== null && (!Array.isArray(only) || only.some((kind) => isOf(action.kind, kind))));
  },
  "textDocument/documentSymbol": ({ document, flow, client }) => {
    const tree = symbolsOf(document, flow.symbols());
    return client.symbolTree ? tree : flat(document, tree);
  },
  "textDocument/foldingRange": ({ document, flow }) =>
    flow.folding().map(({ range, kind }) => ({
      startLine: document.place(range.start.offset).line,
      endLine: document.place(range.end.offset).line,
      kind,
    })),
  "textDocument/selectionRange": ({ document, flow, params }) =>
    list(params.positions).map((position) => {
      const offset = offsetOf(document, position);
      /** @type {{ range: object, parent?: object }} */
      let selection = { range: { start: position, end: position } };
      for (const [at, range] of flow.selectionRanges(offset).reverse().entries())
        selection = { range: rangeOf(document, range), ...(at === 0 ? {} : { parent: selection }) };
      return selection;
    }),
  "textDocument/semanticTokens/full": ({ document, flow }) => ({
    data: [...tokenData(flow.semanticTokens(), (offset) => document.place(offset))],
  }),
  "textDocument/formatting": ({ document, flow }) => editsOf(document, flow.format().edits),
  "textDocument/inlayHint": ({ document, flow, params }) => {
    const [start, end] = [offsetOf(document, params.range?.start), offsetOf(document, params.range?.end)];
    return flow
      .inlayHints()
      .filter(({ position }) => position.offset >= start && position.offset <= end)
      .map(({ position, label }) => ({ position: document.place(position.offset), label, paddingLeft: true }));
  },
};

/** The edit of the action that converts the definition to the other dialect. @param {Asked} asked */
export async function resolveAction({ document, params, client }) {
  const { migrateFlow } = await import("../../local.js");
  const { text } = migrateFlow(document.text);
  if (text === null) throw Object.assign(new Error("the definition cannot be converted"), { rpc: -32803 });
  const range = { start: document.place(0), end: document.place(document.text.length) };
  return { ...params, edit: workspaceEditOf(document, [{ range, newText: text }], client) };
}

/**
 * The findings as the client shows them.
 *
 * @param {Document} document
 * @param {Client} client
 * @param {Record<string, "off" | "warning" | "error">} [rules] of the configuration
 */
export function diagnosticsOf(document, client, rules = {}) {
  const levelOf = (/** @type {Diagnostic} */ { code, severity }) =>
    (Object.hasOwn(rules, code) ? rules[code] : undefined) ?? severity;
  const all = document.ask((flow) => flow.diagnostics()) ?? [];
  const found = all.flatMap((finding) => {
    const severity = levelOf(finding);
    return severity === "off" ? [] : { ...finding, severity };
  });
  return found.map(({ severity, code, message, range, related }) => ({
    range: range ? rangeOf(document, range) : { start: document.place(0), end: document.place(0) },
    severity: SEVERITY[severity],
    code,
    codeDescription: { href: `${DOCUMENTATION}#${code}` },
    source: "cloudflow",
    message,
    ...(related && client.related
      ? {
          relatedInformation: related.map((other) => ({
            location: { uri: document.uri, range: rangeOf(document, other.range) },
            message: other.message,
          })),
        }
      : {}),
  }));
}

/** Whether a kind is one of a kind, such as `refactor.rewrite` of `refactor`. @param {string} kind @param {unknown} wanted */
function isOf(kind, wanted) {
  return kind === wanted || wanted === "" || kind.startsWith(`${wanted}.`);
}

/** @param {unknown} value @returns {any[]} */
function list(value) {
  return Array.isArray(value) ? value : [];
}

/**
 * @typedef {{ name: string, detail: string, kind: number, range: object, selectionRange: object, children: Symbol[] }} Symbol
 * @param {Document} document
 * @param {FlowSymbol[]} symbols
 * @returns {Symbol[]}
 */
function symbolsOf(document, symbols) {
  return symbols.map((symbol) => ({
    ...nameOf(symbol),
    kind: 5,
    range: rangeOf(document, symbol.range),
    selectionRange: rangeOf(document, symbol.nameRange),
    children: symbolsOf(document, symbol.children),
  }));
}

/** @param {Document} document @param {Symbol[]} symbols @param {string} [containerName] @returns {object[]} */
function flat({ uri }, symbols, containerName) {
  return symbols.flatMap(({ name, kind, range, children }) => [
    { name, kind, location: { uri, range }, ...(containerName === undefined ? {} : { containerName }) },
    ...flat(/** @type {Document} */ ({ uri }), children, name),
  ]);
}
