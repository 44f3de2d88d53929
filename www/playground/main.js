// The console without a server: the emulator, the gateway and the control server run in a Worker thread of the page.

import { startConsole } from "../console/app/console.js";
import { createChannel } from "./channel.js";

const base = new URL(".", location.href).href;
const worker = new Worker(new URL("./worker.js", import.meta.url), { type: "module" });

await startConsole({ base, fetch: createChannel(worker, base), needsNetwork: false });

// A page that the browser keeps for the way back would keep the store locked.
addEventListener("pagehide", () => worker.terminate());
addEventListener("pageshow", ({ persisted }) => persisted && location.reload());
