// A program that uses the types of "cloudflow-wasm/editor". It is compiled, never run.

import { TOKEN_KINDS, openFlow } from "cloudflow-wasm/editor";
import type {
  CodeAction,
  Completion,
  FlowSymbol,
  FormatOptions,
  Hover,
  OpenFlow,
  TextEdit,
} from "cloudflow-wasm/editor";

const flow: OpenFlow = openFlow("type: flow", { mode: "Standard" });
flow.edit(0, 4, "type");
const names = (symbols: FlowSymbol[]): string[] => symbols.flatMap(({ name, children }) => [name, ...names(children)]);
const completion: Completion = flow.completion(3);
for (const { label, kind, page } of completion.items) console.log(label, kind === "key", page?.length);
const hover: Hover | null = flow.hover(0);
const edits: TextEdit[] = flow.rename(0, "other");
const actions: CodeAction[] = flow.codeActions(0);
const options: FormatOptions = { sortKeys: true };
const [offset = 0, length = 0, kind = 0] = flow.semanticTokens();
console.log(
  names(flow.symbols()),
  hover?.title,
  edits,
  actions,
  flow.format(options),
  offset + length,
  TOKEN_KINDS[kind],
);
console.log(flow.definition(1)?.start.line, flow.signatureHelp(2)?.activeParameter, flow.diagnostics()[0]?.code);
flow.close();
// @ts-expect-error: an offset is a number
flow.hover({ line: 1 });
