// The demo server: the console, a gateway in a Worker, and the emulator with the control server, all on this machine.
//
//   node www/serve.mjs [--port 8787]
//
// `cargo xtask demo` builds what this serves.

import { spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { cp, mkdir, mkdtemp, rm, stat, symlink, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { safeLine } from "../pkg/cli/line.js";

const HOST = "127.0.0.1";
const WWW = dirname(fileURLToPath(import.meta.url));
const PKG = join(WWW, "..", "pkg", "dist");

/**
 * Starts all servers and returns the address. `close` stops them.
 *
 * `onUpstream` is called after each response of the emulator with `{ url, method, status, seconds }`.
 */
export async function startDemo({ port = 0, onUpstream = () => {}, say = () => {} } = {}) {
  await needsBuild();
  const place = await mkdtemp(join(tmpdir(), "cloudflow-demo-"));
  const stops = [() => rm(place, { recursive: true, force: true })];
  const close = async () => {
    for (const stop of stops.splice(0).reverse()) await stop();
  };
  try {
    const { createEmulator } = await import(pathToFileURL(join(PKG, "local.js")));
    const { serveFetch } = await import(pathToFileURL(join(WWW, "..", "pkg", "cli", "serve.js")));
    const { createConsole } = await import(pathToFileURL(join(PKG, "console", "control.js")));
    const { createFiles } = await import(pathToFileURL(join(PKG, "console", "files.js")));
    const files = await createFiles();
    // Generated for this run; it is not printed.
    const key = { id: `demo${randomBytes(6).toString("hex")}`, secret: randomBytes(20).toString("hex") };
    const emulator = createEmulator({ accessKeys: { [key.id]: key.secret } });
    const { fetch: control } = createConsole({ emulator, key });
    const service = await serveFetch(timed(emulator.fetch, onUpstream), { host: HOST });
    stops.push(() => service.close());
    say(`emulator: ${service.url}`);

    // The Worker accepts only requests of the front server, which have this password. The Worker itself cannot detect a
    // foreign `Host`: with the header `MF-Original-URL`, wrangler accepts another address for a request.
    const pass = randomBytes(20).toString("hex");
    await layOut(place, key, service.url, pass);
    const inner = await freePort(0, say);
    say("starting workerd");
    const worker = startWorker(place, inner);
    stops.push(worker.stop);
    const gateway = through(`http://${HOST}:${inner}`, pass);
    const route = (request) => {
      const { pathname } = new URL(request.url);
      if (pathname.startsWith("/api/")) return gateway(request);
      return pathname.startsWith("/control/") ? control(request) : files.fetch(request);
    };
    const front = await serveFetch(route, {
      host: HOST,
      port: await freePort(port, say),
    });
    stops.push(() => front.close());
    const url = `${front.url}/`;
    await answers(`${url}api/`, worker);
    return { url, workerUrl: `http://${HOST}:${inner}/`, close, ended: worker.ended };
  } catch (error) {
    await close();
    throw error;
  }
}

async function needsBuild() {
  const built = await stat(join(PKG, "console", "page", "index.html")).catch(() => undefined);
  if (!built)
    throw new Error(
      "the package is not built: run `cargo xtask build`, or `cargo xtask demo` which also starts this server",
    );
}

/** Forwards a request to the Worker, without `Origin`: it was checked here, and differs from that of the Worker. */
function through(worker, pass) {
  return async (request) => {
    const { pathname, search } = new URL(request.url);
    const headers = new Headers(request.headers);
    for (const name of [...headers.keys()])
      if (/^(origin|sec-fetch-|mf-|cf-|x-forwarded-)/.test(name)) headers.delete(name);
    headers.set("x-demo-pass", pass);
    const body = request.body === null ? undefined : await request.arrayBuffer();
    const answer = await fetch(worker + pathname + search, {
      method: request.method,
      headers,
      body,
      redirect: "manual",
      signal: request.signal,
    });
    const own = new Headers(answer.headers);
    // `fetch` has decoded the body.
    for (const name of ["connection", "content-encoding", "content-length", "transfer-encoding"]) own.delete(name);
    return new Response(answer.body, { status: answer.status, headers: own });
  };
}

function timed(fetch, onUpstream) {
  return async (request) => {
    const began = performance.now();
    const response = await fetch(request);
    onUpstream({
      url: request.url,
      method: request.method,
      status: response.status,
      seconds: (performance.now() - began) / 1000,
    });
    return response;
  };
}

/** Writes the script of the Worker, and its secrets in a file of mode 0600. */
async function layOut(place, key, endpoint, pass) {
  const worker = join(place, "worker");
  await cp(join(WWW, "worker"), worker, { recursive: true });
  await cp(join(WWW, "demo.js"), join(worker, "demo.js"));
  // The Worker resolves the package by its `exports`, as after an installation.
  await mkdir(join(place, "node_modules"));
  await symlink(PKG, join(place, "node_modules", "cloudflow-wasm"), "junction");
  const values = {
    ACCESS_KEY_ID: key.id,
    ACCESS_KEY_SECRET: key.secret,
    ENDPOINT: endpoint,
    PASS: pass,
  };
  const lines = Object.entries(values).map(([name, value]) => `${name}="${value}"\n`);
  await writeFile(join(worker, ".dev.vars"), lines.join(""), { mode: 0o600 });
}

function startWorker(place, port) {
  const wrangler = join(dirname(createRequire(import.meta.url).resolve("wrangler/package.json")), "bin", "wrangler.js");
  const argv = [
    wrangler,
    "dev",
    "demo.js",
    "--config",
    "wrangler.jsonc",
    "--ip",
    HOST,
    "--port",
    String(port),
    "--inspector-port",
    "0",
    "--local",
    "--show-interactive-dev-session",
    "false",
  ];
  const env = {
    ...process.env,
    // The demo sends nothing to other machines.
    CLOUDFLARE_CF_FETCH_ENABLED: "false",
    WRANGLER_SEND_METRICS: "false",
    WRANGLER_HIDE_BANNER: "true", // also disables the check for a newer version
    WRANGLER_LOG_PATH: join(place, "log"),
    CI: "true",
  };
  // A process group: workerd is a child of wrangler and must end with it.
  const child = spawn(process.execPath, argv, {
    cwd: join(place, "worker"),
    env,
    detached: true,
    stdio: ["ignore", "pipe", "pipe"],
  });
  let output = "";
  const keep = (chunk) => (output = (output + chunk).slice(-8000));
  child.stdout.on("data", keep);
  child.stderr.on("data", keep);
  const ended = new Promise((resolve) => child.once("exit", resolve));

  async function stop() {
    for (const signal of ["SIGTERM", "SIGKILL"]) {
      try {
        process.kill(-child.pid, signal);
      } catch {
        return; // the process group has ended
      }
      await Promise.race([ended, new Promise((resolve) => setTimeout(resolve, 3000))]);
    }
  }
  return { stop, ended, exited: () => child.exitCode !== null || child.signalCode !== null, output: () => output };
}

/** Waits for the first response of the gateway. */
async function answers(url, worker) {
  const deadline = Date.now() + 60_000;
  while (Date.now() < deadline) {
    // After a failed build wrangler waits for changes of the script.
    if (worker.exited() || worker.output().includes("Build failed")) {
      throw new Error(`wrangler could not start the Worker:\n${worker.output()}`);
    }
    try {
      const response = await fetch(url, { signal: AbortSignal.timeout(5000) });
      if (response.headers.has("x-acs-request-id")) return;
    } catch {
      // not started yet
    }
    await new Promise((resolve) => setTimeout(resolve, 150));
  }
  throw new Error(`the Worker did not respond within 60 s:\n${worker.output()}`);
}

/** Returns the requested port or the next free one. 0 selects any free port. */
async function freePort(wanted, say) {
  for (let port = wanted; port < Math.min(wanted + 20, 65536); port += 1) {
    const free = await probe(port);
    if (free !== undefined) return free;
    say(`port ${port} is in use`);
  }
  throw new Error(`the ports from ${wanted} are in use: select another port with --port`);
}

function probe(port) {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once("error", (error) => (error.code === "EADDRINUSE" ? resolve(undefined) : reject(error)));
    server.listen(port, HOST, () => {
      const { port: free } = server.address();
      server.close(() => resolve(free));
    });
  });
}

async function main() {
  const at = process.argv.indexOf("--port");
  const port = at < 0 ? 8787 : Number(process.argv[at + 1]);
  if (!Number.isInteger(port) || port < 0 || port > 65535) throw new Error("--port must be a number from 0 to 65535");
  const stopped = new Promise((resolve) => {
    for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.once(signal, () => resolve(true));
  });
  const demo = await startDemo({ port, say: (words) => console.log(safeLine(words)) });
  console.log(`open ${demo.url}`);
  const asked = await Promise.race([stopped, demo.ended]);
  await demo.close();
  if (asked !== true) throw new Error("the Worker ended unexpectedly");
}

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href) {
  main().then(
    () => process.exit(0),
    (error) => {
      // The message contains the output of wrangler, which has several lines.
      for (const line of error.message.split("\n")) console.error(safeLine(line));
      process.exit(1);
    },
  );
}
