// The language service that AWS publishes for its own dialect, asked for the findings of a YAML text.

import { createRequire } from "node:module";

const require = createRequire(import.meta.url);

export async function checkByAws(text) {
  const { getYamlLanguageService } = require("amazon-states-language-service");
  const { TextDocument } = require("vscode-languageserver-textdocument");
  const service = getYamlLanguageService({});
  const document = TextDocument.create("file:///flow.asl.yaml", "yaml", 1, text);
  const findings = await service.doValidation(document, service.parseJSONDocument(document));
  return findings.map(({ message, range }) => ({
    message,
    line: range.start.line + 1,
    column: range.start.character + 1,
  }));
}
