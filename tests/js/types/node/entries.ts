// The entries in a program for Node, whose types have no part of a browser. It is compiled, never run.

import { createGateway } from "cloudflow-wasm/gateway";
import { bearer } from "cloudflow-wasm/gateway/auth";
import { describeExecution } from "cloudflow-wasm";
import { openFlow } from "cloudflow-wasm/editor";
import language from "cloudflow-wasm/language.wasm";
import { createEmulator, signRequest } from "cloudflow-wasm/local";
import { init, validateFlow, type ModuleSource } from "cloudflow-wasm/slim";

const source: ModuleSource = new URL(import.meta.resolve("cloudflow-wasm/ask.wasm"));
await init({ ask: source, language });
await init({ ask: fetch("https://assets.example.com/ask.wasm"), language: new Uint8Array(8) });
await init({ ask: "/assets/ask.wasm" });
// @ts-expect-error a number is no module
await init({ ask: 1 });
console.log(validateFlow("").valid, openFlow("").text.length);

const emulator = createEmulator();
await emulator.fetch(await signRequest("StartExecution", { FlowName: "f" }));
await describeExecution({ flowName: "f", executionName: "e" }, { endpoint: "http://localhost", fetch: emulator.fetch });
export default createGateway({ upstream: () => ({ region: "cn-hangzhou" }), authorize: bearer("0123456789abcdef") });
