// The command line: selects the command. Each command is a file of its own, so that a gateway does not load the emulator.

/** @typedef {import("./arguments.js").Print} Print */

/**
 * Runs the command. Returns the exit code: 0 for success, 1 for a failure, 2 for invalid arguments. Undefined if the
 * server does not stop.
 *
 * @param {string[]} argv
 * @param {{ out?: Print, complain?: Print, stopped?: Promise<unknown> }} [host] `stopped` resolves when the server must
 *   stop
 * @returns {Promise<number | undefined>}
 */
export async function main(
  argv,
  { out = console.log, complain = console.error, stopped = new Promise(() => {}) } = {},
) {
  const { main: command } = await (argv[0] === "gateway" ? import("./gateway.js") : import("./local.js"));
  return command(argv, out, complain, stopped);
}
