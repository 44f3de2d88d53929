/** An option of a command. */
export interface OptionDefinition {
  /** As commander reads it: `-o, --output <format>`. */
  flags: string;
  text: string;
  choices?: readonly string[];
  default?: unknown;
  /** Returns the value, or throws an error with the reason. */
  parse?: (text: string) => unknown;
  /** The option may be repeated: its value is a list. */
  many?: boolean;
}

/** What the parser, the help and the completion know of a command. */
export interface Definition {
  /** Lines below the usage. */
  description: string;
  /** Positional arguments: `<flow> [files...]`. */
  operands: readonly { name: string; text: string; choices?: readonly string[] }[];
  options: readonly OptionDefinition[];
  /** Arguments and what they do. */
  examples: readonly (readonly [string, string])[];
  /** The exit codes of the command and their meanings. The tests have a case for each. */
  exitCodes: readonly (readonly [number, string])[];
  /** Further paragraphs of the help. */
  notes?: string;
}

export interface Parsed {
  /** One value for each of `operands`. */
  operands: any[];
  options: Record<string, any>;
}

export interface Command {
  definition: Definition;
  /** Returns the exit code. */
  run(parsed: Parsed, io: Io): Promise<number>;
}

/** The streams and the environment of a command. */
export interface Io {
  /** Writes to the standard output. Rejects if the reader is gone. */
  out(text: string): Promise<void>;
  err(text: string): Promise<void>;
  /** The standard input, in parts. */
  stdin: AsyncIterable<Uint8Array>;
  env: Record<string, string | undefined>;
  /** Whether colours are written. */
  color: boolean;
  outIsTerminal: boolean;
  errIsTerminal: boolean;
  /** Width of the terminal. */
  columns: number;
  /** Resolves at the first signal to stop. */
  stopped: Promise<unknown>;
}
