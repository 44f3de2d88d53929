// The command `local`: the emulator as a server. It reads its arguments itself.

export { EXIT_CODES, OPTIONS, main } from "../local.js";
