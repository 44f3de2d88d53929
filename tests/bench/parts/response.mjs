// parseExecution on the text of an answer, next to JSON.parse and a zod schema.

import { makeResponse } from "../lib/flows.mjs";
import { compare, times } from "../lib/measure.mjs";
import { effort, finish, loadOurs, present, report } from "../lib/part.mjs";
import { responseSchema } from "../lib/response-schema.mjs";

const ours = await loadOurs();
const raw = {};

for (const [size, name, most, than] of [
  ["small", "0.6 KB", 1.2, "JSON.parse + zod"],
  ["large", "148 KB", 1.02, "JSON.parse"],
]) {
  const text = makeResponse(size);
  responseSchema.parse(JSON.parse(text));
  if (ours && !ours.parseExecution(text).execution) throw new Error("no execution read");
  const found = await compare(
    present({
      ours: ours && (() => ours.parseExecution(text)),
      "JSON.parse + zod": () => responseSchema.parse(JSON.parse(text)),
      "JSON.parse": () => JSON.parse(text),
    }),
    effort,
  );
  raw[name] = { bytes: Buffer.byteLength(text), ...found };
  const { ours: mine, ...peers } = found;
  report({
    what: `parseExecution, ${name}`,
    ours: mine?.us,
    unit: "us",
    peers: Object.fromEntries(Object.entries(peers).map(([peer, { us }]) => [peer, us])),
    times: mine && Object.fromEntries(Object.entries(peers).map(([peer, rounds]) => [peer, times(rounds, mine)])),
    goal: `<= ${most}x ${than}`,
    met: mine ? 1 / times(peers[than], mine) <= most : null,
  });
}
finish(raw);
