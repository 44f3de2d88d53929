// The command `local`: the emulator as a server. It reads its arguments itself.

export { main } from "../local.js";
