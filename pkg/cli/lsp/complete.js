// The answer to a completion: few items, and each only with what differs between them.

import { ITEM_KIND, markdown, orderOf } from "../../editor/protocol.js";
import { markup, rangeOf } from "./convert.js";

/** @import { Completion, CompletionItem } from "../../editor.js" */
/** @import { Asked, Client } from "./answers.js" */
/** @import { Document } from "./document.js" */

/**
 * Maximum number of items. Of more, the client gets those that fit what is written, and asks again after each key. A
 * list of 1,500 items has 370 KB and takes 20 ms to write and read.
 */
const MAX_ITEMS = 200;

/** The numbers of the protocol for the names that it shares with Monaco. */
const ITEM_NUMBER = {
  Property: 10,
  Class: 7,
  Reference: 18,
  EnumMember: 20,
  Value: 12,
  Module: 9,
  Function: 3,
  Variable: 6,
  Field: 5,
};

/**
 * @param {Document} document
 * @param {number} offset
 * @param {Completion} found
 * @param {Client} client
 */
export function completionOf(document, offset, { range, items }, { sharesRange, sharesData }) {
  const written = document.text.slice(range.start.offset, offset);
  const isIncomplete = items.length > MAX_ITEMS;
  const shown = isIncomplete ? fitting(items, written).slice(0, MAX_ITEMS) : items;
  const editRange = rangeOf(document, range);
  const data = { uri: document.uri, offset };
  const itemDefaults = { ...(sharesRange ? { editRange } : {}), ...(sharesData ? { data } : {}) };
  return {
    isIncomplete,
    ...(sharesRange || sharesData ? { itemDefaults } : {}),
    items: shown.map((item, index) => ({
      label: item.label,
      kind: ITEM_NUMBER[ITEM_KIND[item.kind]],
      ...(item.detail ? { detail: item.detail } : {}),
      sortText: orderOf(index),
      ...(sharesRange ? textOf(item) : { textEdit: { range: editRange, newText: item.insertText } }),
      ...(item.documentation && !sharesData ? { data } : {}),
    })),
  };
}

/** @param {CompletionItem} item The text is the label if it is absent. */
function textOf({ label, insertText }) {
  return insertText === label ? {} : { textEditText: insertText };
}

/**
 * The items whose labels have the written characters in their order: first the labels that begin with them, then the
 * labels that contain them as they are.
 *
 * @param {CompletionItem[]} items
 * @param {string} written
 */
function fitting(items, written) {
  const wanted = written.toLowerCase();
  /** @type {[CompletionItem[], CompletionItem[], CompletionItem[]]} */
  const groups = [[], [], []];
  for (const item of items) {
    const label = item.label.toLowerCase();
    const at = label.indexOf(wanted);
    if (at >= 0) groups[at === 0 ? 0 : 1].push(item);
    else if (isIn(wanted, label)) groups[2].push(item);
  }
  return groups.flat();
}

/** @param {string} wanted @param {string} label */
function isIn(wanted, label) {
  let at = 0;
  for (const character of wanted) {
    at = label.indexOf(character, at) + 1;
    if (at === 0) return false;
  }
  return true;
}

/**
 * The documentation of an item. The user may have written more of the word since: the item is found by its label.
 *
 * @param {Asked} asked
 */
export function resolveItem({ flow, params, client }) {
  const { label, kind, data } = params;
  const item = flow
    .completion(data.offset)
    .items.find((item) => item.label === label && ITEM_NUMBER[ITEM_KIND[item.kind]] === kind);
  if (!item?.documentation) return params;
  return { ...params, documentation: markup(markdown(item), client) };
}
