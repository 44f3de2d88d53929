// The tasks that a definition calls.

/**
 * The tasks of a definition by the key of their answer: the resource, or the action if there is none. Tasks that start
 * a flow are left out: the emulator performs them.
 *
 * @param {string} text
 * @param {typeof import("../../../pkg/index.js").parseFlow} parseFlow
 * @returns {{ key: string, states: string[] }[]}
 */
export function tasksOf(text, parseFlow) {
  const { flow } = parseFlow(text);
  /** @type {{ key: string, name: string, offset: number }[]} */
  const tasks = [];
  /** @type {any[]} */
  const bodies = flow ? [flow] : [];
  while (bodies.length > 0) {
    const body = bodies.pop();
    for (const state of body.states ?? []) {
      const key = keyOf(state, text);
      if (key !== undefined) tasks.push({ key, name: state.name, offset: state.range.start.offset });
      // Branches, options and the body of a Map have states of their own.
      bodies.push(...(state.branches ?? []), ...(state.options ?? []));
      for (const inner of [state.default, state.body]) if (inner) bodies.push(inner);
    }
  }
  tasks.sort((a, b) => a.offset - b.offset);
  /** @type {Map<string, string[]>} */
  const found = new Map();
  for (const { key, name } of tasks) {
    const states = found.get(key);
    if (states) states.push(name);
    else found.set(key, [name]);
  }
  return [...found].map(([key, states]) => ({ key, states }));
}

/**
 * @param {any} state
 * @param {string} text
 */
function keyOf({ type, action, range }, text) {
  if (!/^task$/i.test(type) || !action) return undefined;
  // In the new dialect the resource is a parameter.
  const own = text.slice(range.start.offset, range.end.offset);
  const resource = /\bresourceArn["']?\s*:\s*(?:"([^"\n]+)"|'([^'\n]+)'|([^\s#,}][^\s#,}]*))/.exec(own);
  const key = resource?.[1] ?? resource?.[2] ?? resource?.[3] ?? action;
  const startsFlow = /^acs:fnf:.*:flow\//.test(key) || /^fnf:StartExecution$/i.test(action);
  const reports = /^fnf:ReportTask(Succeeded|Failed)$/i.test(action);
  return startsFlow || reports ? undefined : key;
}
