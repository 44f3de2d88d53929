// Quick fixes: which edits can be applied together.

import { changesOf } from "../../../pkg/editor/protocol.js";

/**
 * @typedef {{ from: number, to: number, insert: string }} Change
 * @typedef {import("../../../pkg/index.js").Diagnostic} Diagnostic
 */

/**
 * The changes of all fixes that do not contradict each other, in the order of the text. Of two fixes that touch the
 * same place, the first one counts: the check after it tells whether the second one is still needed.
 *
 * @param {readonly Diagnostic[]} diagnostics
 * @returns {{ changes: Change[], fixed: number }}
 */
export function compatibleFixes(diagnostics) {
  const fixes = diagnostics
    .flatMap(({ fix }) => (fix ? [changesOf(fix.edits)] : []))
    .filter((changes) => changes.length > 0)
    .sort((a, b) => a[0].from - b[0].from);
  /** @type {Change[]} in the order of the text */
  const accepted = [];
  let fixed = 0;
  for (const changes of fixes) {
    if (changes.some((change) => collides(change, accepted))) continue;
    for (const change of changes) accepted.splice(after(change.from, accepted), 0, change);
    fixed += 1;
  }
  return { changes: accepted, fixed };
}

/**
 * True if a change touches one of the accepted changes. Only its neighbours can.
 *
 * @param {Change} change
 * @param {Change[]} accepted
 */
function collides(change, accepted) {
  const at = after(change.from, accepted);
  const [before, next] = [accepted[at - 1], accepted[at]];
  return Boolean((before && before.to >= change.from) || (next && change.to >= next.from));
}

/**
 * The index of the first accepted change behind a position.
 *
 * @param {number} position
 * @param {Change[]} accepted
 */
function after(position, accepted) {
  let [low, high] = [0, accepted.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (accepted[middle].from > position) high = middle;
    else low = middle + 1;
  }
  return low;
}

/** Maximum number of checks after which a repair ends: a fix may give rise to another one. */
const MAX_ROUNDS = 10;

/**
 * Applies fixes until a check offers none.
 *
 * @template Step
 * @param {readonly Diagnostic[]} diagnostics
 * @param {(changes: Change[]) => { step: Step, text: string }} apply applies changes to the text of the last step
 * @param {(text: string) => Promise<{ diagnostics: readonly Diagnostic[] }>} check
 * @returns {Promise<{ steps: Step[], fixed: number }>}
 */
export async function repair(diagnostics, apply, check) {
  const steps = [];
  let found = diagnostics;
  let fixed = 0;
  for (let round = 0; round < MAX_ROUNDS; round += 1) {
    const { changes, fixed: more } = compatibleFixes(found);
    if (more === 0) break;
    const { step, text } = apply(changes);
    steps.push(step);
    fixed += more;
    found = (await check(text)).diagnostics;
  }
  return { steps, fixed };
}
