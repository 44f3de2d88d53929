// Signed requests to an emulator with quotas.

import { signRequest } from "../../../pkg/dist/local.js";

/** Returns a function that sends a request to the emulator, and repeats it while the quota of the operation is exhausted. */
export function senderTo(emulator) {
  return async (action, parameters) => {
    for (;;) {
      const response = await emulator.fetch(await signRequest(action, parameters));
      if (response.ok) return;
      if (response.status !== 429) throw new Error(`${action}: ${await response.text()}`);
      await new Promise((resolve) => setTimeout(resolve, 200));
    }
  };
}
