// The console at the address of a gateway: `api/` is the gateway, `control/` starts and stops executions if it exists.

import { startConsole } from "./app/console.js";

await startConsole({ base: new URL(".", location.href).href });
