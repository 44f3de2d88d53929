// Attacks on a gateway with a hub: tickets, streams, stored answers, the objects themselves. A Worker has no hub in memory:
// `gateway-attacks.test.mjs` repeats the most important ones in workerd.

import { assert } from "../harness.mjs";
import { inMemoryTests } from "../support/hub.mjs";
import { KEY, addressOf, finished, gatewayTo, json, quietly, seenAs, serviceOf } from "../support/gateway.mjs";

const BASE = "https://console.example.com/api";
const SECRET = "0123456789abcdef0123456789abcdef";
const ALICE = { authorization: "Bearer alice" };
const ACTIONS = ["DescribeExecution", "GetExecutionHistory"];

const inMemory = {
  "attack: a ticket is used once": async ({ createGateway }) => {
    const { fetch, service } = withHub(createGateway);
    const ticket = await ticketFrom(fetch);
    const first = await fetch(stream({ ticket }));
    assert.equal(first.status, 200);
    assert.equal(first.headers.get("content-type"), "text/event-stream;charset=utf-8");
    const events = await eventsOf(first);
    assert.deepEqual(
      events.map(({ event }) => event),
      ["execution", "end"],
    );
    assert.equal(JSON.parse(events[0].data).Name, "run:1");
    const calls = service.seen.length;
    for (let i = 0; i < 3; i += 1) await refused(fetch(stream({ ticket })));
    const second = await ticketFrom(fetch);
    const racing = await Promise.all(Array.from({ length: 10 }, () => fetch(stream({ ticket: second }))));
    assert.deepEqual(racing.map(({ status }) => status).sort(), [200, ...Array(9).fill(403)]);
    for (const response of racing) await response.body?.cancel();
    assert.equal(service.seen.length, calls, "the final answer is stored");
  },

  "attack: altered tickets, and tickets for something else": async ({ createGateway }) => {
    const { fetch, service } = withHub(createGateway);
    const ticket = await ticketFrom(fetch);
    const [version, expiry, nonce, actions, signature] = ticket.split(".");
    for (const change of [
      { ticket: "" },
      { ticket: "x" },
      { ticket: `${ticket}x` },
      { ticket: [version, String(Number(expiry) + 1000), nonce, actions, signature].join(".") },
      {
        ticket: [
          version,
          expiry,
          `${nonce.startsWith("A") ? "B" : "A"}${nonce.slice(1)}`,
          `${actions}`,
          signature,
        ].join("."),
      },
      { ticket: [version, expiry, nonce, `${actions}-Metrics`, signature].join(".") },
      { ticket: [version, expiry, nonce, actions, "A".repeat(43)].join(".") },
      { ticket, ExecutionName: "run:2" },
      { ticket, FlowName: "salaries" },
      { ticket, FlowName: "run:1", ExecutionName: "orders" },
      { ticket, FlowName: "Orders" },
      { ticket: await ticketFrom(withHub(createGateway, { tickets: () => `${SECRET}x` }).fetch) },
    ]) {
      await refused(fetch(stream(change)));
    }
    assert.equal(service.seen.length, 0);
    assert.equal((await eventsOf(await fetch(stream({ ticket })))).length, 2, "the attempts have not spent it");
  },

  "attack: a ticket for the state only is not for the history": async ({ createGateway }) => {
    const authorize = (request, { action }) => isAlice(request) && action === "DescribeExecution";
    const { fetch, service } = withHub(createGateway, { authorize });
    await refused(fetch(stream({ ticket: await ticketFrom(fetch), history: "1" })));
    await refused(fetch(stream({ history: "1" }, { headers: ALICE })));
    assert.equal(service.seen.length, 0);
  },

  "attack: an expired ticket": async ({ createGateway }) => {
    const { now } = Date;
    let ahead = 0;
    Date.now = () => now() + ahead;
    try {
      const { fetch, service } = withHub(createGateway);
      const ticket = await ticketFrom(fetch);
      ahead = 60_001;
      await refused(fetch(stream({ ticket })));
      assert.equal(service.seen.length, 0);
    } finally {
      Date.now = now;
    }
  },

  "attack: a ticket at other endpoints": async ({ createGateway }) => {
    const { fetch, service } = withHub(createGateway);
    const ticket = await ticketFrom(fetch);
    for (const headers of [{}, { authorization: `Bearer ${ticket}` }, { cookie: `ticket=${ticket}` }]) {
      await refused(fetch(seenAs(`${addressOf({}, `${BASE}/`)}&ticket=${ticket}`, { headers })));
      await refused(fetch(seenAs(`${BASE}/metrics?ticket=${ticket}`, { headers })));
      await refused(fetch(stream({}, { headers })));
      const body = JSON.stringify({ FlowName: "orders", ExecutionName: "run:1" });
      await refused(fetch(post("/ticket", body, headers)));
      assert.equal((await fetch(post(`/ticket?ticket=${ticket}`, body, headers))).status, 400);
    }
    assert.equal(service.seen.length, 0);
  },

  "attack: requests for tickets": async ({ createGateway }) => {
    const { fetch, service, authorized } = withHub(createGateway, { origins: ["https://app.example.com"] });
    const good = JSON.stringify({ FlowName: "orders", ExecutionName: "run:1" });
    const status = async (request) => (await fetch(request)).status;
    assert.equal(await status(post("/ticket", good)), 403);
    assert.equal(await status(post("/ticket", good, { origin: "https://app.example.com" })), 403);
    const before = authorized.length;
    assert.equal(await status(post("/ticket", good, { ...ALICE, origin: "https://evil.example.com" })), 403);
    assert.equal(await status(post("/ticket", good, { ...ALICE, origin: "null" })), 403);
    assert.equal(await status(seenAs(`${BASE}/ticket`, { headers: ALICE })), 405);
    assert.equal(await status(post("/ticket?FlowName=salaries", good, ALICE)), 400);
    assert.equal(await status(post("/ticket", good.replace("{", '{"Action":"StopExecution",'), ALICE)), 400);
    assert.equal(await status(post("/ticket", " ".repeat(10_000) + good, ALICE)), 413);
    assert.equal(authorized.length, before, "`authorize` gets requests that can be served");
    const endless = new ReadableStream({ pull: (controller) => controller.enqueue(new Uint8Array(1000)) });
    assert.equal(await status({ ...post("/ticket", "", ALICE), body: endless }), 413);
    assert.equal(service.seen.length, 0);
  },

  "attack: a gateway without the option issues and accepts no tickets": async ({ createGateway }) => {
    const { fetch, service } = withHub(createGateway, { tickets: undefined });
    const body = JSON.stringify({ FlowName: "orders", ExecutionName: "run:1" });
    assert.equal((await fetch(post("/ticket", body, ALICE))).status, 404);
    const ticket = await ticketFrom(withHub(createGateway).fetch);
    await refused(fetch(stream({ ticket })));
    assert.equal(service.seen.length, 0);
    await quietly(async () => {
      // Without a secret, or with a short one, nothing is signed and nothing is accepted.
      for (const secret of [undefined, "", "short"]) {
        const weak = withHub(createGateway, { tickets: () => secret });
        assert.equal((await weak.fetch(post("/ticket", body, ALICE))).status, 500);
        assert.equal((await weak.fetch(stream({ ticket }))).status, 500);
        assert.equal(weak.service.seen.length, 0);
      }
    });
  },

  "attack: parameters of streams": async ({ createGateway }) => {
    const { fetch, service, authorized } = withHub(createGateway);
    const url = `${BASE}/events?FlowName=orders&ExecutionName=run:1`;
    for (const [address, options, status] of [
      [`${url}&FlowName=salaries`, {}, 400],
      [`${url}&Flow%4Eame=salaries`, {}, 400],
      [`${url}&ticket=a&ticket=b`, {}, 400],
      [`${url}&history=1&history=0`, {}, 400],
      [`${url}&history=2`, {}, 400],
      [`${url}%C0%AF`, {}, 400],
      [`${url}\ud800`, {}, 400],
      [`${BASE}/events?FlowName=orders`, {}, 400],
      [`${BASE}/events`, {}, 400],
      [url, { method: "POST" }, 405],
      [url, { method: "HEAD" }, 405],
      [url, { headers: { ...ALICE, upgrade: "websocket" } }, 400],
    ]) {
      assert.equal((await fetch(seenAs(address, { headers: ALICE, ...options }))).status, status, address);
    }
    assert.deepEqual([service.seen.length, authorized.length], [0, 0]);
    for (const name of ["salaries", "orders/../salaries", "orders%00", "Orders"]) {
      await refused(fetch(stream({ FlowName: name }, { headers: ALICE })));
    }
    await refused(fetch(stream()));
    assert.equal(service.seen.length, 0);
  },

  "attack: forged positions in a stream": async ({ createGateway }) => {
    const { fetch } = withHub(createGateway);
    for (const id of ["x", "1", "-1.0", "1.2.3", "0x1.0", "9".repeat(400), "1.1\r\nevent: end", "NaN.NaN", "0.0"]) {
      const headers = { ...ALICE, ...(/[\r\n]/.test(id) ? {} : { "last-event-id": id }) };
      const events = await eventsOf(await fetch(stream({}, { headers })));
      assert.deepEqual(
        events.map(({ event }) => event),
        ["execution", "end"],
        id,
      );
    }
  },

  "attack: events in the output of an execution": async ({ createGateway }) => {
    const Output = 'x\n\nevent: end\ndata: {}\n\nid: 9.9\r\rdata: y\u2028\u2029\u0000\ufeff: "';
    const service = serviceOf(({ searchParams }) => json(200, { ...finished(searchParams), Output }));
    const { fetch } = withHub(createGateway, {}, service);
    const events = await eventsOf(await fetch(stream({}, { headers: ALICE })));
    assert.deepEqual(
      events.map(({ event }) => event),
      ["execution", "end"],
    );
    assert.equal(JSON.parse(events[0].data).Output, Output);
    // The stored answer, too.
    const again = await fetch(seenAs(addressOf({}, `${BASE}/`), { headers: ALICE }));
    assert.equal((await again.json()).Output, Output);
  },

  "attack: probing of stored answers": async ({ createGateway }) => {
    const { fetch, service } = withHub(createGateway);
    const asked = (ExecutionName, headers) => fetch(seenAs(addressOf({ ExecutionName }, `${BASE}/`), { headers }));
    assert.equal((await asked("run:1", ALICE)).status, 200);
    const calls = service.seen.length;
    const probes = new Set();
    for (const name of ["run:1", "run:2", "run:1 ", "run:1~0", "run%3A1"]) {
      for (const headers of [{}, { authorization: "Bearer bob" }]) {
        const response = await asked(name, headers);
        const { RequestId: _, ...body } = await response.json();
        const shown = [...response.headers].filter(([header]) => header !== "x-acs-request-id");
        probes.add(JSON.stringify([response.status, body, shown]));
        await refused(fetch(stream({ ExecutionName: name }, { headers })));
      }
    }
    assert.equal(probes.size, 1, [...probes].join("\n"));
    assert.ok([...probes][0].startsWith("[403,"));
    assert.equal(service.seen.length, calls, "probes cause no calls");
    assert.equal((await asked("run:1", ALICE)).headers.get("cache-control"), "no-store");
  },

  "attack: an error of one caller is not the answer to another one": async ({ createGateway }) => {
    let count = 0;
    const service = serviceOf(({ searchParams }) => {
      count += 1;
      if (count > 1) return json(200, finished(searchParams));
      return json(404, { RequestId: "r", Code: "ExecutionNotExists", Message: "no" });
    });
    const { fetch } = withHub(createGateway, {}, service);
    const asked = () => fetch(seenAs(addressOf({}, `${BASE}/`), { headers: ALICE }));
    assert.equal((await asked()).status, 404);
    assert.equal((await asked()).status, 200, "errors are not stored");
  },

  "attack: requests for the objects of the hub": async ({ createGateway }) => {
    const { fetch, service } = withHub(createGateway);
    const deadline = Date.now() + 60_000;
    const upgrade = { upgrade: "websocket", connection: "Upgrade" };
    for (const base of ["https://hub", "https://budget", BASE, `${BASE}/hub`]) {
      for (const path of [
        `/join?v=1&since=0&deadline=${deadline}&kind=poll&history=0&after=0&flow=orders&execution=run:1`,
        `/join?v=1&since=0&deadline=${deadline}&kind=stream&FlowName=orders&ExecutionName=run:1`,
        "/events?v=1&after=0&limit=1000&flow=orders&execution=run:1",
        "/permit?v=1&bucket=describe&key=run:1&throttled=-",
        "/permit?v=1&bucket=describe&key=run:1&throttled=3600000",
        `/ticket?v=1&nonce=${"A".repeat(22)}&expires=${deadline}`,
        "/report?v=1",
      ]) {
        for (const options of [
          {},
          { headers: upgrade },
          { method: "POST", body: new Response("report 0 0 3\n{}").body },
        ]) {
          for (const headers of [{}, ALICE]) {
            const response = await fetch(
              seenAs(base + path, { ...options, headers: { ...options.headers, ...headers } }),
            );
            assert.ok([400, 405].includes(response.status), `${response.status} ${base}${path}`);
            assert.ok(!response.webSocket, "no socket");
            assert.ok(JSON.parse(await response.text()).Code);
          }
        }
      }
    }
    assert.equal(service.seen.length, 0);
    // Nothing has been stored, and the permits are not used up.
    assert.equal((await fetch(seenAs(addressOf({}, `${BASE}/`), { headers: ALICE }))).status, 200);
  },

  "attack: lines in the metrics": async ({ createGateway }) => {
    const Code = 'x"} 1\ncloudflow_gateway_leaders 99\n# HELP evil {le="';
    const service = serviceOf(() => json(400, { RequestId: "r", Code, Message: "no" }));
    const authorize = (request, { flowName, action }) => isAlice(request) && (action === "Metrics" || flowName !== "");
    const { fetch } = withHub(createGateway, { authorize }, service);
    await quietly(() => fetch(seenAs(addressOf({ FlowName: 'a"\nb' }, `${BASE}/`), { headers: ALICE })));
    await refused(fetch(seenAs(`${BASE}/metrics`)));
    assert.equal((await fetch(seenAs(`${BASE}/metrics`, { method: "POST", headers: ALICE }))).status, 405);
    const response = await fetch(seenAs(`${BASE}/metrics`, { headers: ALICE }));
    assert.equal(response.headers.get("content-type"), "text/plain; version=0.0.4");
    assert.equal(response.headers.get("cache-control"), "no-store");
    const text = await response.text();
    assert.ok(text.includes("cloudflow_gateway_upstream_calls_total"), text);
    const form =
      /^(# (HELP|TYPE) cloudflow_gateway_\w+ .+|cloudflow_gateway_\w+(\{(\w+="[\w.:/+-]*",?)*\})? -?\d+(\.\d+)?|)$/;
    for (const line of text.split("\n")) assert.ok(form.test(line), line);
    assert.ok(!text.includes("leaders 99") && !text.includes("HELP evil"), text);
  },
};

export const tests = {
  ...inMemoryTests(inMemory),

  "attack: the key in the names of objects": async ({ createGateway }) => {
    const texts = [];
    const namespace = {
      idFromName: (name) => name,
      get: (name) => ({
        async fetch(address, { body = "" } = {}) {
          texts.push(name, address, body);
          return new Response("version", { status: 400 });
        },
      }),
    };
    const { accessKeyId, accessKeySecret } = KEY;
    const { fetch } = createGateway({
      upstream: () => ({
        region: "cn-hangzhou",
        credentials: { accessKeyId, accessKeySecret },
        dangerouslyAllowBrowser: true,
        fetch: () => Promise.reject(new Error("offline")),
      }),
      authorize: () => true,
      hub: () => ({ executions: namespace, account: namespace }),
    });
    await quietly(async () => {
      await fetch(seenAs(addressOf({ FlowName: "orders", ExecutionName: "run" }, `${BASE}/`)));
      await fetch(seenAs(`${BASE}/metrics`));
    });
    assert.ok(texts.length >= 6, `${texts.length} texts`);
    for (const text of texts) {
      for (const secret of [accessKeyId, accessKeySecret]) assert.ok(!text.includes(secret), text);
    }
  },

  "attack: names that lead to the object of another execution": async ({ createGateway }) => {
    const names = [];
    let leaves = 1;
    const namespace = {
      idFromName: (name) => name,
      get: (name) => ({
        fetch: async (address) => {
          if (!new URL(address).pathname.startsWith("/join")) return new Response("wait 0 0");
          names.push(name);
          leaves -= 1;
          if (leaves === 0) return new Response(null, { status: 307, headers: { "x-hub-leaves": "1" } });
          return new Response("version", { status: 400 });
        },
      }),
    };
    const hub = () => ({ executions: namespace, account: namespace });
    const { fetch } = withHub(createGateway, { hub, authorize: () => true });
    const ask = (FlowName, ExecutionName) => fetch(seenAs(addressOf({ FlowName, ExecutionName }, `${BASE}/`)));
    await quietly(async () => {
      await ask("orders", "run");
      assert.equal(names.length, 2, "the object, and a leaf");
      for (const [flow, execution] of [
        ...[
          ["orders", "run~0"],
          ["orders", "run~1"],
          ["orders~0", "run"],
          ["orders", "run/0"],
          ["orders", "run%7E0"],
        ],
        ...[
          ["orders/run", "x"],
          ["orders", "run/x"],
          ["orders%2Frun", "x"],
          ["run", "orders"],
          ["orders", "Run"],
        ],
        ...[
          ["a", "b/c"],
          ["a/b", "c"],
          ["a%2Fb", "c"],
          ["a b", "c"],
          ["a+b", "c"],
          ["é", "c"],
          ["e\u0301", "c"],
          ["~0", "~0"],
        ],
      ]) {
        await ask(flow, execution);
      }
    });
    assert.equal(new Set(names).size, names.length, names.join("\n"));
    for (const name of names) assert.ok(/^[\x21-\x7e]{1,512}$/.test(name), name);
  },
};

/** A gateway with a hub in memory, whose only authorized caller is Alice, for the flow `orders`. */
function withHub(createGateway, options = {}, service = serviceOf()) {
  const authorize = (request, { flowName }) => isAlice(request) && flowName === "orders";
  const made = gatewayTo(createGateway, service, {
    hub: "memory",
    tickets: () => SECRET,
    actions: ACTIONS,
    log: false,
    authorize,
    ...options,
  });
  return { ...made, service };
}

function isAlice(request) {
  return request.headers.get("authorization") === ALICE.authorization;
}

async function ticketFrom(fetch) {
  const response = await fetch(post("/ticket", JSON.stringify({ FlowName: "orders", ExecutionName: "run:1" }), ALICE));
  assert.equal(response.status, 200);
  return (await response.json()).Ticket;
}

function stream(query = {}, options = {}) {
  const all = { FlowName: "orders", ExecutionName: "run:1", ...query };
  const text = Object.entries(all).map(([name, value]) => `${name}=${encodeURIComponent(value)}`);
  return seenAs(`${BASE}/events?${text.join("&")}`, options);
}

function post(path, body, headers = {}) {
  return seenAs(BASE + path, { method: "POST", headers, body: new Response(body).body });
}

async function refused(answer) {
  const response = await answer;
  assert.equal(response.status, 403);
  assert.equal((await response.json()).Code, "AccessDenied");
}

/** The events of a stream that ends. */
async function eventsOf(response) {
  assert.equal(response.status, 200);
  const text = await response.text();
  const events = [];
  // The rules of the format: CR LF, LF and CR end a line, an empty line ends an event.
  for (const block of text.split(/\r\n\r\n|\n\n|\r\r/)) {
    const fields = Object.fromEntries(
      block.split(/\r\n|\n|\r/).map((line) => {
        const at = line.indexOf(":");
        return [line.slice(0, at), line.slice(at + 1).trim()];
      }),
    );
    if (fields.event !== undefined) events.push(fields);
  }
  return events;
}
