// Executions of the samples of the console.

import { simulateFlow } from "../../../pkg/dist/local.js";
import { samples } from "../../../www/console/app/samples.js";

/**
 * The simulation of a sample, with its own input and answers or with others.
 *
 * @param {string} id
 * @param {{ input?: string, answers?: Record<string, object[]> }} [others]
 */
export async function historyOf(id, { input, answers } = {}) {
  const sample = samples.find((candidate) => candidate.id === id);
  return simulateFlow(sample.text, {
    input: JSON.parse(input ?? sample.input),
    tasks: answers ?? sample.answers ?? {},
    flows: sample.flows ?? {},
  });
}
