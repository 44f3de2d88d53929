// The results of hosts.

/** The line that the program returns in every host. */
export const EXPECTED = "flow true unknown-type 4:12 Succeeded service ExecutionNotExists";

/**
 * Rates what a host has returned. `wanted.setting` is a documented line that the host needs; `wanted.fails` a reason for
 * which the host is expected to fail: text that the error contains, and the explanation.
 *
 * @param {{ line?: string, error?: string, setting?: string }} outcome
 * @param {{ setting?: string, fails?: { match: string, because: string } }} wanted
 */
export function rateHost({ line, error, setting: printed }, { setting = printed, fails }) {
  const problem = error ?? (line?.trim() === EXPECTED ? undefined : `expected \`${EXPECTED}\`, got \`${line}\``);
  if (fails) {
    if (problem?.includes(fails.match)) return { failed: false, result: `fails: ${fails.because}` };
    const found = problem ?? "it works: remove the reason";
    return { failed: true, result: "fails", problem: `expected a failure with \`${fails.match}\`: ${found}` };
  }
  if (problem) return { failed: true, result: "fails", problem };
  return { failed: false, result: setting ? `works with ${setting}` : "works" };
}

/** A row for the terminal, with some lines of the problem. */
export function resultText({ host, seconds, failed, result, problem, versions }, lines) {
  const head = `${failed ? "not ok" : "ok    "}  ${host} (${seconds.toFixed(1)} s${versions ? `, ${versions}` : ""}): ${result}`;
  return problem
    ? `${head}\n${problem.split("\n").slice(0, lines).join("\n").slice(0, 6000).replace(/^/gm, "        ")}`
    : head;
}
