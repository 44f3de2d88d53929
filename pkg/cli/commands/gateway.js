// The command `gateway`. It reads its arguments itself.

export { OPTIONS, main } from "../gateway.js";
