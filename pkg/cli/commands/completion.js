// The command `completion`: a script for a shell, made of the definitions of the commands.

import { COMMANDS } from "../cli.js";
import { say } from "../../shared/words.js";

/** @import { Definition, Io, Parsed } from "../command.js" */

const SHELLS = ["bash", "zsh", "fish"];

/** @type {Definition} */
export const definition = {
  description: "Prints the completion of a shell.",
  operands: [{ name: "<shell>", text: "shell", choices: SHELLS }],
  options: [],
  examples: [
    ["bash > ~/.local/share/bash-completion/completions/cloudflow-wasm", "bash, from the next start on"],
    ["zsh > ~/.zfunc/_cloudflow-wasm", "zsh, if `fpath` contains ~/.zfunc"],
    ["fish > ~/.config/fish/completions/cloudflow-wasm.fish", "fish"],
  ],
  exitCodes: [
    [0, "the script was printed"],
    [2, "the shell is not supported"],
  ],
};

/**
 * What a script knows of a command.
 *
 * @typedef {object} Known
 * @property {string} name
 * @property {string} summary
 * @property {{ names: string[], text: string, choices: readonly string[], takesValue: boolean }[]} options
 * @property {readonly string[]} words values of the first operand
 * @property {boolean} takesFiles
 */

/**
 * @param {Parsed} parsed
 * @param {Io} io
 */
export async function run({ operands: [shell] }, io) {
  const known = await Promise.all(COMMANDS.map(describe));
  await io.out(shell === "bash" ? bash(known) : shell === "zsh" ? zsh(known) : fish(known));
  return 0;
}

/**
 * @param {(typeof COMMANDS)[number]} command
 * @returns {Promise<Known>}
 */
async function describe({ name, summary: english, load, server }) {
  const summary = say(english);
  const help = { names: ["--help"], text: say("print this help"), choices: [], takesValue: false };
  if (!load) {
    const { OPTIONS = {} } = /** @type {any} */ (await server?.()) ?? {};
    const options = Object.entries(OPTIONS).map(([option, { type }]) => ({
      names: [`--${option}`],
      text: "",
      choices: [],
      takesValue: type === "string",
    }));
    return { name, summary, options, words: [], takesFiles: false };
  }
  const { definition } = await load();
  const options = definition.options.map(({ flags, text, choices = [] }) => ({
    names: flags.match(/--?[a-zA-Z][\w-]*/g) ?? [],
    text: say(text),
    choices,
    takesValue: /[<[]/.test(flags),
  }));
  const [operand] = definition.operands;
  return {
    name,
    summary,
    options: [...options, help],
    words: operand?.choices ?? [],
    takesFiles: definition.operands.some(({ name }) => /file/.test(name)),
  };
}

/** @param {Known[]} commands */
function bash(commands) {
  const cases = commands.map(({ name, options, words }) => {
    const values = options
      .filter(({ takesValue }) => takesValue)
      .map(({ names, choices }) =>
        choices.length > 0
          ? `        ${names.join("|")}) COMPREPLY=($(compgen -W "${choices.join(" ")}" -- "$cur")); return ;;`
          : `        ${names.join("|")}) COMPREPLY=($(compgen -f -- "$cur")); return ;;`,
      );
    const all = options.flatMap(({ names }) => names).join(" ");
    return `    ${name})
      case "$prev" in
${values.join("\n")}${values.length > 0 ? "\n" : ""}        *) ;;
      esac
      if [[ $cur == -* ]]; then COMPREPLY=($(compgen -W "${all}" -- "$cur"))
      else COMPREPLY=(${words.length > 0 ? `$(compgen -W "${words.join(" ")}" -- "$cur")` : '$(compgen -f -- "$cur")'}); fi
      ;;`;
  });
  return `# Completion of cloudflow-wasm for bash.
_cloudflow_wasm() {
  local cur=\${COMP_WORDS[COMP_CWORD]} prev=\${COMP_WORDS[COMP_CWORD-1]}
  if [[ $COMP_CWORD == 1 ]]; then
    COMPREPLY=($(compgen -W "${commands.map(({ name }) => name).join(" ")} --help --version" -- "$cur"))
    return
  fi
  case "\${COMP_WORDS[1]}" in
${cases.join("\n")}
    *) ;;
  esac
}
complete -o filenames -F _cloudflow_wasm cloudflow-wasm
`;
}

/** @param {Known[]} commands */
function zsh(commands) {
  const escaped = (/** @type {string} */ text) => text.replace(/'/g, "'\\''").replace(/[[\]:\\]/g, "\\$&");
  const cases = commands.map(({ name, options, words, takesFiles }) => {
    const specs = options.flatMap(({ names, text, choices, takesValue }) =>
      names.map((option) => {
        const value = !takesValue ? "" : choices.length > 0 ? `:value:(${choices.join(" ")})` : ":value:_files";
        return `'${option}[${escaped(text)}]${value}'`;
      }),
    );
    const rest = words.length > 0 ? `'1:value:(${words.join(" ")})'` : takesFiles ? "'*:file:_files'" : "";
    return `    ${name}) _arguments ${[...specs, rest].filter(Boolean).join(" ")} ;;`;
  });
  return `#compdef cloudflow-wasm
# Completion of cloudflow-wasm for zsh.
_cloudflow_wasm() {
  local -a commands
  commands=(${commands.map(({ name, summary }) => `'${name}:${escaped(summary)}'`).join(" ")})
  if (( CURRENT == 2 )); then
    _describe command commands
    return
  fi
  local command=$words[2]
  shift words
  (( CURRENT-- ))
  case $command in
${cases.join("\n")}
  esac
}
if [[ $funcstack[1] == _cloudflow_wasm ]]; then _cloudflow_wasm "$@"; else compdef _cloudflow_wasm cloudflow-wasm; fi
`;
}

/** @param {Known[]} commands */
function fish(commands) {
  const quoted = (/** @type {string} */ text) => `'${text.replace(/[\\']/g, "\\$&")}'`;
  const lines = ["# Completion of cloudflow-wasm for fish."];
  for (const { name, summary, options, words, takesFiles } of commands) {
    lines.push(`complete -c cloudflow-wasm -n __fish_use_subcommand -f -a ${name} -d ${quoted(summary)}`);
    const here = `complete -c cloudflow-wasm -n ${quoted(`__fish_seen_subcommand_from ${name}`)}`;
    if (words.length > 0) lines.push(`${here} -f -a ${quoted(words.join(" "))}`);
    else if (!takesFiles) lines.push(`${here} -f`);
    for (const { names, text, choices, takesValue } of options) {
      const long = names.filter((option) => option.startsWith("--")).map((option) => ` -l ${option.slice(2)}`);
      const short = names.filter((option) => /^-\w$/.test(option)).map((option) => ` -s ${option.slice(1)}`);
      const value = !takesValue ? "" : choices.length > 0 ? ` -x -a ${quoted(choices.join(" "))}` : " -r";
      lines.push(`${here}${short.join("")}${long.join("")}${value} -d ${quoted(text)}`);
    }
  }
  return `${lines.join("\n")}\n`;
}
