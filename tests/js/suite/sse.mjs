// The parser of server-sent events: each case as a whole, split at every byte, and byte by byte.

import { eventParser, readStream, TooLong } from "../../../pkg/ask/sse.js";
import { assert } from "../harness.mjs";

const encoder = new TextEncoder();

/** An event of a case: [type, data, id]. */
const message = (data, id = "", type = "message") => [type, data, id];

/** Cases: name, the stream, the expected events, the expected pauses. The examples of the specification are among them. */
const CASES = [
  ["an event ends with an empty line", "data: a\n\n", [message("a")]],
  ["an event without its empty line does not count", "data: a\n\ndata: b\n", [message("a")]],
  ["nor does one that is cut in a line", "data: a\n\ndata: b", [message("a")]],
  ["lines of data are joined", "data: YHOO\ndata: +2\ndata: 10\n\n", [message("YHOO\n+2\n10")]],
  [
    "comments, ids, and one space after the colon (specification)",
    ": test stream\n\ndata: first event\nid: 1\n\ndata:second event\nid\n\ndata:  third event\n\n",
    [message("first event", "1"), message("second event"), message(" third event")],
  ],
  ["empty data (specification)", "data\n\ndata\ndata\n\ndata:", [message(""), message("\n")]],
  ["the space is optional (specification)", "data:test\n\ndata: test\n\n", [message("test"), message("test")]],
  ["CR", "data: a\rdata: b\r\rdata: c\r\r", [message("a\nb"), message("c")]],
  ["CR LF", "data: a\r\ndata: b\r\n\r\ndata: c\r\n\r\n", [message("a\nb"), message("c")]],
  [
    "mixed line ends",
    "data: a\r\n\ndata: b\n\r\ndata: c\r\r\n\r\ndata: d\n\r",
    ["a", "b", "c", "d"].map((d) => message(d)),
  ],
  ["LF LF is an empty line, CR LF is not", "data: a\r\n\ndata: b\r\ndata: c\n\n", [message("a"), message("b\nc")]],
  [
    "types",
    "event: end\ndata: 1\n\ndata: 2\n\nevent\ndata: 3\n\n",
    [message("1", "", "end"), message("2"), message("3")],
  ],
  ["a type without data is no event", "event: end\n\ndata: 1\n\n", [message("1")]],
  ["an id without data counts from then on", "id: 7\n\ndata: 1\n\n", [message("1", "7")]],
  [
    "an id stays",
    "id: 7\ndata: 1\n\ndata: 2\n\nid: 8\ndata: 3\n\n",
    [message("1", "7"), message("2", "7"), message("3", "8")],
  ],
  ["an id with NUL is ignored", "id: 7\ndata: 1\n\nid: 8\0\ndata: 2\n\n", [message("1", "7"), message("2", "7")]],
  ["pauses are digits only", "retry: 10\nretry: 1.5\nretry: -1\nretry:20\nretry: 1e3\nretry: \nretry\n", [], [10, 20]],
  ["unknown fields are ignored", "Data: 1\n data: 2\ndate: 3\ndata : 4\n\ndata: 5\n\n", [message("5")]],
  ["a colon in the value stays", "data: a: b:c\n\n", [message("a: b:c")]],
  ["a comment between lines of data", "data: a\n: heartbeat\ndata: b\n\n", [message("a\nb")]],
  ["one byte order mark is removed", "\ufeffdata: a\n\n", [message("a")]],
  ["a second one is part of the name", "\ufeff\ufeffdata: a\n\ndata: b\n\n", [message("b")]],
  ["a later one is part of the data", "data: \ufeffa\n\n\ufeffdata: b\n\n", [message("\ufeffa")]],
  ["characters of two, three and four bytes", "data: é流𝄞\nid: ü\n\n", [message("é流𝄞", "ü")]],
  ["U+2028 and VT end no line", "data: a\u2028b\u000bc\u0085d\n\n", [message("a\u2028b\u000bc\u0085d")]],
  ["empty lines only", "\n\r\n\r\n\n\r", []],
  ["nothing", "", []],
];

/** Reads bytes in parts, through the decoder. */
async function read(parts, most) {
  const [events, pauses] = [[], []];
  let next = 0;
  const body = new ReadableStream({
    pull(controller) {
      if (next < parts.length) controller.enqueue(parts[next]);
      else controller.close();
      next += 1;
    },
  });
  const parse = eventParser(
    ({ type, data, id }) => events.push([type, data, id]),
    (ms) => pauses.push(ms),
    most,
  );
  await readStream(new Response(body), new AbortController().signal, parse);
  return { events, pauses };
}

const split = (bytes, ...at) => {
  const ends = [...at, bytes.length];
  return ends.map((end, i) => bytes.subarray(i === 0 ? 0 : ends[i - 1], end));
};

export const tests = {
  "every case of server-sent events, split at every byte": async () => {
    for (const [name, text, events, pauses = []] of CASES) {
      const bytes = encoder.encode(text);
      const expected = { events, pauses };
      assert.deepEqual(await read([bytes]), expected, name);
      assert.deepEqual(await read(split(bytes, ...bytes.keys())), expected, `${name}, byte by byte`);
      for (let at = 1; at < bytes.length; at += 1)
        assert.deepEqual(await read(split(bytes, at)), expected, `${name}, split at byte ${at}`);
    }
  },

  "random streams of events do not depend on their parts": async () => {
    let seed = 7;
    const random = (below) => {
      seed = (Math.imul(seed, 1_103_515_245) + 12_345) >>> 0;
      return Math.floor((seed / 2 ** 32) * below);
    };
    const words = [
      "data",
      "id",
      "event",
      "retry",
      ":",
      ": ",
      " ",
      "\n",
      "\n\n",
      "\r",
      "\r\n",
      "a",
      "7",
      "\0",
      "𝄞",
      "\ufeff",
    ];
    for (let round = 0; round < 300; round += 1) {
      const bytes = encoder.encode(Array.from({ length: random(60) }, () => words[random(words.length)]).join(""));
      const cuts = Array.from({ length: random(6) }, () => random(bytes.length + 1)).sort((a, b) => a - b);
      assert.deepEqual(await read(split(bytes, ...cuts)), await read([bytes]), JSON.stringify([...bytes]));
    }
  },

  "an event and a line have a maximum length": async () => {
    const big = "x".repeat(100);
    for (const [text, isTooLong] of [
      [`data: ${big}\n\n`, false],
      [`data: ${big}x\n\n`, true],
      [`data: ${big.slice(50)}\ndata: ${big.slice(51)}\n\n`, false],
      [`data: ${big.slice(50)}\ndata: ${big.slice(50)}\n\n`, true],
      [`: ${big}${big}`, true],
      ["data: x\n\n".repeat(100), false],
      [`: ${big.slice(10)}\n`.repeat(100), false],
      ["data\n".repeat(102), true],
    ]) {
      const parts = split(encoder.encode(text), 40, Math.min(90, text.length));
      const result = await read(parts, 100).then(
        () => false,
        (error) => error instanceof TooLong,
      );
      assert.equal(result, isTooLong, text.slice(0, 30));
    }
  },

  "a long event in small parts takes linear time": async () => {
    const part = encoder.encode("x".repeat(16));
    const parts = [encoder.encode("data: "), ...Array.from({ length: 100_000 }, () => part), encoder.encode("\n\n")];
    const begun = performance.now();
    const { events } = await read(parts);
    assert.equal(events[0][1].length, 1_600_000);
    assert.ok(performance.now() - begun < 5000, `${performance.now() - begun} ms`);
  },

  "an abort cancels the reader": async () => {
    let cancelled = 0;
    const body = new ReadableStream({ cancel: () => void (cancelled += 1) });
    const controller = new AbortController();
    const reading = readStream(new Response(body), controller.signal, () => {});
    controller.abort();
    await reading;
    assert.equal(cancelled, 1);
    const late = new ReadableStream({ cancel: () => void (cancelled += 1) });
    await readStream(new Response(late), controller.signal, () => assert.ok(false));
    assert.equal(cancelled, 2);
  },
};
