// Reads the arguments of a command with commander, and prints its help.

import { Argument, Command, CommanderError, InvalidArgumentError, Option } from "commander";
import { failure } from "./failure.js";
import { codeLines, exampleLines, helpWidth, paragraphs } from "./help.js";

/** @import { Definition, Io, Parsed } from "./command.js" */

/**
 * Returns undefined after printing the help.
 *
 * @param {string} name
 * @param {Definition} definition
 * @param {string[]} argv
 * @param {Io} io
 * @returns {Promise<Parsed | undefined>}
 */
export async function parse(name, definition, argv, io) {
  let printed = "";
  const width = helpWidth(io.outIsTerminal ? io.columns : undefined);
  const command = new Command(`cloudflow-wasm ${name}`)
    .description(definition.description)
    .helpOption("-h, --help", "print this help")
    .allowExcessArguments(false)
    .exitOverride()
    .configureHelp({ helpWidth: width, minWidthToWrap: 12, showGlobalOptions: false })
    .configureOutput({ writeOut: (text) => (printed += text), writeErr: () => {} });
  for (const { name, text, choices } of definition.operands) {
    const argument = new Argument(name, text);
    command.addArgument(choices ? argument.choices(choices) : argument);
  }
  for (const { flags, text, choices, many, parse, default: absent } of definition.options) {
    const option = new Option(flags, text);
    if (choices) option.choices(choices);
    if (absent !== undefined) option.default(absent);
    if (parse || many) {
      option.argParser((value, before) => {
        const read = parse ? checked(parse, value) : value;
        return many ? [.../** @type {any[]} */ (before ?? []), read] : read;
      });
    }
    command.addOption(option);
  }
  command.addHelpText("after", () => after(name, definition, width));
  try {
    command.parse(argv, { from: "user" });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    if (error.code === "commander.helpDisplayed") {
      await io.out(printed);
      return undefined;
    }
    // In the style of the other messages of the package.
    const message = error.message
      .replace(/^error: /, "")
      .replace(/'([^']*)'/g, "`$1`")
      .replace(/\n\(Did you mean (.*)\?\)$/s, ": did you mean `$1`?")
      .replace(/\.$/, "");
    throw failure(message, { help: `cloudflow-wasm ${name} --help\` describes the command` });
  }
  return { operands: command.processedArgs, options: command.opts() };
}

/**
 * @param {(text: string) => unknown} parse
 * @param {string} value
 */
function checked(parse, value) {
  try {
    return parse(value);
  } catch (error) {
    throw new InvalidArgumentError(error.message);
  }
}

/**
 * @param {string} name
 * @param {Definition} definition
 * @param {number} width
 */
function after(name, { examples, exitCodes, notes }, width) {
  const lines = examples.map(
    ([line, meaning]) => /** @type {[string, string]} */ ([`cloudflow-wasm ${name}${line && " "}${line}`, meaning]),
  );
  const parts = [
    `Examples:\n${exampleLines(lines, width)}`,
    `Exit codes:\n${codeLines(exitCodes, width)}`,
    ...(notes ? [paragraphs(notes, width)] : []),
  ];
  return `\n${parts.join("\n\n")}\n`;
}
