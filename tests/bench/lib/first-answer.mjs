// node first-answer.mjs LANGUAGE FILE EDITOR-URL: the first answer of a new process, as a line of JSON.

import fs from "node:fs";
import { cpu } from "./measure.mjs";

const [language, file, editor] = process.argv.slice(2);
const text = fs.readFileSync(file, "utf8");
const match = /"?Next"?: "?(?=\w)/.exec(text);
const place = match.index + match[0].length;
const start = [cpu(), performance.now()];
let labels;
let findings;
if (language.startsWith("asl")) {
  const { createRequire } = await import("node:module");
  const require = createRequire(import.meta.url);
  const { getLanguageService, getYamlLanguageService } = require("amazon-states-language-service");
  const { TextDocument } = require("vscode-languageserver-textdocument");
  const isYaml = language === "asl, YAML";
  const service = isYaml ? getYamlLanguageService({}) : getLanguageService({});
  const id = isYaml ? "yaml" : "json";
  const document = TextDocument.create(`file:///flow.asl.${id}`, id, 1, text);
  const parsed = isYaml ? undefined : service.parseJSONDocument(document);
  labels = (await service.doComplete(document, document.positionAt(place), parsed)).items;
  findings = await service.doValidation(document, parsed);
} else {
  const { openFlow } = await import(editor);
  const flow = openFlow(text);
  labels = flow.completion(place).items;
  findings = flow.diagnostics();
}
const end = [cpu(), performance.now()];
if (labels.length === 0 || findings.some(({ severity }) => severity !== "info" && severity !== 3))
  throw new Error(`wrong answer: ${labels.length} items, ${JSON.stringify(findings[0])}`);
console.log(JSON.stringify({ main: end[0] - start[0], wall: end[1] - start[1] }));
