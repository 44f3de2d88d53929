// The arguments of the load test.

import { parseArgs } from "node:util";

export const USAGE = `node tests/gateway-load/run.mjs [options]

  --gateway NAME    gateway under test (workerd): workerd, wrangler, node with the hub; single: without the hub, one poll of
                    the service for each request; cache: a plain Worker with caches.default
  --scenario NAME   ends: every watcher sees every end (default); kill: the gateway is killed in the middle and started
                    again; sleep: how long the object of a watched, quiet execution is awake
  --watchers N      number of watchers (1000): half held polls, half server-sent events
  --executions N    number of executions (100)
  --late N          executions of these that start during the run (a tenth)
  --hot N           watchers of these that watch one execution (0)
  --waits A-B       seconds of the held polls, mixed (5-60); of the interval of a peer without held polls (5-5)
  --rate N          watchers that join per second (250)
  --kind NAME       kinds of the watchers: poll, stream, mixed (mixed)
  --hold N          seconds from the last join until the first end (60)
  --ends N          seconds in which the executions end (20)
  --ttl N           seconds for which the peer cache keeps an answer (5)
  --seed N          seed of the waits, of the order and of the times of the ends (1)
  --json FILE       write the figures into a file
`;

const NUMBERS = {
  watchers: [1000, 1, 50_000],
  executions: [100, 1, 10_000],
  late: [undefined, 0, 10_000],
  hot: [0, 0, 50_000],
  rate: [250, 1, 10_000],
  hold: [60, 0, 3600],
  ends: [20, 0, 3600],
  ttl: [5, 1, 3600],
  seed: [1, 0, 2 ** 31],
};

export const GATEWAYS = ["workerd", "wrangler", "node", "single", "cache"];

/** Gateways of a scenario: the one in Node stores nothing, and only workerd has the counters. */
const NEEDED = { kill: ["workerd", "wrangler"], sleep: ["workerd"] };

export const KINDS = ["poll", "stream", "mixed"];

export const SCENARIOS = ["ends", "kill", "sleep"];

/** Gateways with the hub and server-sent events. */
export const WITH_HUB = new Set(["workerd", "wrangler", "node"]);

/** @param {string[]} argv */
export function readOptions(argv) {
  const { values } = parseArgs({
    args: argv,
    options: {
      ...Object.fromEntries(Object.keys(NUMBERS).map((name) => [name, { type: "string" }])),
      gateway: { type: "string", default: "workerd" },
      scenario: { type: "string", default: "ends" },
      kind: { type: "string", default: "mixed" },
      waits: { type: "string" },
      json: { type: "string" },
      help: { type: "boolean" },
    },
  });
  /** @type {any} */
  const options = { json: values.json, help: values.help };
  for (const [name, [preset, least, most]] of Object.entries(NUMBERS)) {
    const number = values[name] === undefined ? preset : Number(values[name]);
    if (number !== undefined && !(Number.isInteger(number) && number >= least && number <= most))
      throw new Error(`--${name} must be a whole number from ${least} to ${most}, not \`${values[name]}\``);
    options[name] = number;
  }
  options.gateway = oneOf("gateway", values.gateway, GATEWAYS);
  options.scenario = oneOf("scenario", values.scenario, SCENARIOS);
  options.kind = oneOf("kind", values.kind, KINDS);
  options.waits = range(values.waits ?? (options.gateway === "cache" ? "5-5" : "5-60"));
  options.late ??= Math.floor(options.executions / 10);
  if (options.late >= options.executions) throw new Error("--late must be less than --executions");
  if (options.hot > options.watchers) throw new Error("--hot must be at most --watchers");
  const { [options.scenario]: needed } = NEEDED;
  if (needed && !needed.includes(options.gateway))
    throw new Error(`the scenario \`${options.scenario}\` needs --gateway ${needed.join(" or ")}`);
  return options;
}

function oneOf(name, value, known) {
  if (known.includes(value)) return value;
  throw new Error(`--${name} must be one of ${known.join(", ")}, not \`${value}\``);
}

function range(text) {
  const [, low, high] = /^(\d{1,2})-(\d{1,2})$/.exec(text) ?? [];
  const waits = [Number(low), Number(high)];
  if (!(waits[0] <= waits[1] && waits[1] <= 60))
    throw new Error(`--waits must be a range such as 5-60, not \`${text}\``);
  return waits;
}

/** Random numbers from 0 to 1 (mulberry32). */
export function randomOf(seed) {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
