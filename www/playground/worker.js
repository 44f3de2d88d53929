// The Worker thread of the playground: an emulator with the server side of the console. Flows and executions are kept in
// the browser.

import { createEmulator } from "cloudflow-wasm/local";
import { createConsole } from "../../pkg/console/control.js";
import { answerMessages } from "./channel.js";
import { openStore } from "./store.js";

/** Interval at which changes without a request are kept, in ms. */
const INTERVAL_MS = 1000;

const started = start();
answerMessages(async (request) => (await started)(request));

async function start() {
  // Nothing outside of this thread can send requests to the emulator.
  const key = { id: "playground", secret: crypto.getRandomValues(new Uint32Array(4)).join("") };
  const emulator = createEmulator({ accessKeys: { [key.id]: key.secret } });
  const store = await openStore(`cloudflow-playground ${new URL(".", location.href).pathname}`);
  const kept = await store?.read().catch(() => undefined);
  if (kept?.state) {
    try {
      emulator.restore(kept.state);
    } catch (error) {
      console.warn(`the kept executions cannot be restored: ${error.message}`);
    }
  }
  const options = { emulator, key, onAnswers: store?.putAnswers, isKept: store !== undefined };
  const shown = withAnswers(options, kept?.answers);
  if (store === undefined) return shown.fetch;

  await store.replace(emulator.save({ journal: true }));
  const keep = () => {
    const changes = emulator.journal();
    if (changes !== "" && store.append(changes)) void store.replace(emulator.save({ journal: true }));
  };
  setInterval(keep, INTERVAL_MS);
  return async (/** @type {Request} */ request) => {
    const response = await shown.fetch(request);
    keep();
    return response;
  };
}

/**
 * Answers of another version of the page may be invalid. They are then left out.
 *
 * @param {import("../../pkg/console/control.js").ConsoleOptions} options
 * @param {Record<string, any>} [answers]
 */
function withAnswers(options, answers) {
  try {
    return createConsole({ ...options, answers });
  } catch {
    return createConsole(options);
  }
}
