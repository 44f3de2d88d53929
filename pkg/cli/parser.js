// Reads the arguments of a command with commander, and prints its help.

import { Argument, Command, CommanderError, InvalidArgumentError, Option } from "commander";
import { failure } from "./failure.js";
import { folded } from "./fold.js";
import { codeLines, exampleLines, helpWidth, paragraphs } from "./help.js";
import { LOCALE_TEXT } from "./locale.js";
import { widthOf } from "./width.js";
import { form, say } from "../shared/words.js";

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
    .description(say(definition.description))
    .helpOption("-h, --help", say("print this help"))
    .allowExcessArguments(false)
    .exitOverride()
    .configureHelp({
      helpWidth: width,
      minWidthToWrap: 12,
      showGlobalOptions: false,
      styleTitle: say,
      argumentDescription: ({ description, argChoices }) => described(description, argChoices),
      optionDescription: ({ description, argChoices, defaultValue }) =>
        described(description, argChoices, defaultValue),
      displayWidth: widthOf,
      boxWrap: (text, columns) => folded(text, columns, 0),
    })
    .configureOutput({ writeOut: (text) => (printed += text), writeErr: () => {} });
  for (const { name, text, choices } of definition.operands) {
    const argument = new Argument(name, say(text));
    command.addArgument(choices ? argument.choices(choices) : argument);
  }
  for (const { flags, text, choices, many, parse, default: absent } of definition.options) {
    const option = new Option(flags, say(text));
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
  // `main` has read it.
  command.addOption(new Option("--locale <locale>", say(LOCALE_TEXT)));
  command.addHelpText("after", () => after(name, definition, width));
  try {
    command.parse(argv, { from: "user" });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    if (error.code === "commander.helpDisplayed") {
      // The title ends in a wide colon in Chinese.
      await io.out(printed.replace(/^(\S+：) /, "$1"));
      return undefined;
    }
    // In the style of the other messages of the package.
    const message = error.message
      .replace(/^error: /, "")
      .replace(/'([^']*)'/g, "`$1`")
      .replace(/(?<=\. Allowed choices are )(.*)\.$/, (choices) => choices.slice(0, -1).replace(/[^, ]+/g, "`$&`"))
      .replace(/\n\(Did you mean (.*)\?\)$/s, ": did you mean `$1`?")
      .replace(/\.$/, "");
    throw failure(message, { help: `cloudflow-wasm ${name} --help\` describes the command` });
  }
  return { operands: command.processedArgs, options: command.opts() };
}

/**
 * The meaning of an argument, with its values and the value that it has if it is absent.
 *
 * @param {string} meaning
 * @param {readonly string[]} [choices]
 * @param {unknown} [absent]
 */
function described(meaning, choices, absent) {
  const more = [
    ...(choices ? [form("choices: {}", choices.join(form(", ")))] : []),
    ...(absent === undefined ? [] : [form("default: {}", String(absent))]),
  ];
  return more.length === 0 ? meaning : form("{} ({})", meaning, more.join(form("; ")));
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
    ([line, meaning]) =>
      /** @type {[string, string]} */ ([`cloudflow-wasm ${name}${line && " "}${line}`, say(meaning)]),
  );
  const parts = [
    `${say("Examples:")}\n${exampleLines(lines, width)}`,
    `${say("Exit codes:")}\n${codeLines(exitCodes, width)}`,
    ...(notes ? [paragraphs(say(notes), width)] : []),
  ];
  return `\n${parts.join("\n\n")}\n`;
}
