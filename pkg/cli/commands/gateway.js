// The command `gateway`. It reads its arguments itself.

export { EXIT_CODES, OPTIONS, main } from "../gateway.js";
