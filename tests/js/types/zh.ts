// A program that uses the types of "cloudflow-wasm/zh" and of the option `locale`. It is compiled, never run.

import { createClient, flowGraph, parseExecution, parseFlow, validateExecution, validateFlow } from "cloudflow-wasm";
import type { Locale, LocaleOptions } from "cloudflow-wasm";
import { openFlow } from "cloudflow-wasm/editor";
import { createEmulator, migrateFlow } from "cloudflow-wasm/local";
import { translate } from "cloudflow-wasm/zh";

const locale: Locale = "zh";
const options: LocaleOptions = { locale: undefined };
const texts: string[] = [
  ...validateFlow("", { mode: "Express", locale }).diagnostics,
  ...parseFlow("", options).diagnostics,
  ...flowGraph("", { locale: "en" }).diagnostics,
  ...parseExecution("", { locale }).diagnostics,
  ...validateExecution("", { locale }),
  ...migrateFlow("", { locale }).diagnostics,
  ...openFlow("", { locale }).diagnostics(),
].map(({ message }) => translate(message));
createClient({ region: "cn-hangzhou", locale });
createEmulator({ locale });
console.log(texts);

// @ts-expect-error another language
validateFlow("", { locale: "fr" });
