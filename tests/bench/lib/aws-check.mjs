// node aws-check.mjs FOLDER: checks all files of a folder with the language service of AWS, one after another, as a command
// would. Prints the findings, and the number of files with findings at the end.

import fs from "node:fs";
import { createRequire } from "node:module";
import path from "node:path";

const require = createRequire(import.meta.url);
const { getLanguageService, getYamlLanguageService } = require("amazon-states-language-service");
const { TextDocument } = require("vscode-languageserver-textdocument");

const services = { json: getLanguageService({}), yaml: getYamlLanguageService({}) };
const [, , folder] = process.argv;
let files = 0;
let affected = 0;
for (const name of fs.readdirSync(folder, { recursive: true })) {
  const id = /\.asl\.(json|yaml)$/.exec(name)?.[1];
  if (id === undefined) continue;
  const service = services[id];
  const text = fs.readFileSync(path.join(folder, name), "utf8");
  const document = TextDocument.create(`file:///${name}`, id, 1, text);
  const findings = await service.doValidation(
    document,
    id === "json" ? service.parseJSONDocument(document) : undefined,
  );
  files += 1;
  if (findings.length > 0) affected += 1;
  for (const { message, range } of findings)
    console.log(`${name}:${range.start.line + 1}:${range.start.character + 1}: ${message}`);
}
console.log(`findings in ${affected} of ${files} files`);
