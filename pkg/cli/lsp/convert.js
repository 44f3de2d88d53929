// Places, edits and texts as the protocol has them.

/** @import { Range, TextEdit } from "../../editor.js" */
/** @import { Client } from "./answers.js" */
/** @import { Document } from "./document.js" */

/** @param {string} message */
export function invalid(message) {
  return Object.assign(new Error(message), { rpc: -32602 });
}

/** @param {Document} document @param {any} place */
export function offsetOf(document, place) {
  const isNumber = (/** @type {unknown} */ value) => Number.isInteger(value) && Number(value) >= 0;
  if (!isNumber(place?.line) || !isNumber(place?.character))
    throw invalid("a position must have `line` and `character`, whole numbers of 0 or more");
  return document.offset(place);
}

/** @param {Document} document @param {Range} range */
export function rangeOf(document, { start, end }) {
  return { start: document.place(start.offset), end: document.place(end.offset) };
}

/** @param {Document} document @param {TextEdit[]} edits */
export function editsOf(document, edits) {
  return edits.map(({ range, newText }) => ({ range: rangeOf(document, range), newText }));
}

/** @param {Document} document @param {TextEdit[]} edits @param {Client} client */
export function workspaceEdit(document, edits, client) {
  return workspaceEditOf(document, editsOf(document, edits), client);
}

/** @param {Document} document @param {object[]} edits @param {Client} client */
export function workspaceEditOf({ uri, version }, edits, client) {
  return client.versionedEdits
    ? { documentChanges: [{ textDocument: { uri, version }, edits }] }
    : { changes: { [uri]: edits } };
}

/** @param {string} value @param {Client} client */
export function markup(value, client) {
  return { kind: client.markdown ? "markdown" : "plaintext", value };
}
