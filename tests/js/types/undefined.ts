// Every optional property of an option or a parameter accepts `undefined`, also with `exactOptionalPropertyTypes`: programs
// pass what they read from elsewhere. It is compiled, never run.

import type {
  CallOptions,
  ClientOptions,
  Credentials,
  DescribeExecutionRequest,
  EventsOptions,
  HistoryRequest,
  ListExecutionsRequest,
  RetryOptions,
  ValidateOptions,
  WaitOptions,
} from "cloudflow-wasm";
import type { FormatOptions } from "cloudflow-wasm/editor";
import type { CloudflowOptions } from "cloudflow-wasm/editor/codemirror";
import type { FlowLanguageOptions } from "cloudflow-wasm/editor/monaco";
import type { GatewayBindings, GatewayEvents, GatewayOptions, LimitOptions } from "cloudflow-wasm/gateway";
import type { AccessOptions, JwtOptions } from "cloudflow-wasm/gateway/auth";
import type { GraphExportOptions, LayoutOptions } from "cloudflow-wasm/graph";
import type {
  Emulator,
  EmulatorOptions,
  Fail,
  Faults,
  SignOptions,
  SimulateOptions,
  StateMock,
  StateOptions,
  TaskMock,
} from "cloudflow-wasm/local";
import type { Modules } from "cloudflow-wasm/slim";

/** The optional properties that refuse `undefined`. */
type Refusing<T> = T extends unknown
  ? { [K in keyof T]-?: Record<never, never> extends Pick<T, K> ? Refused<T, K> : never }[keyof T]
  : never;
type Refused<T, K extends keyof T> = { [P in K]: undefined } extends Pick<T, K> ? never : K;

const none: never[] = [] as Refusing<
  | AccessOptions
  | CallOptions
  | ClientOptions
  | CloudflowOptions
  | Credentials
  | DescribeExecutionRequest
  | EmulatorOptions
  | EventsOptions
  | Fail
  | Faults
  | FlowLanguageOptions
  | FormatOptions
  | GatewayBindings
  | GatewayEvents
  | GatewayOptions
  | GraphExportOptions
  | HistoryRequest
  | JwtOptions
  | LayoutOptions
  | LimitOptions
  | ListExecutionsRequest
  | Modules
  | NonNullable<Parameters<Emulator["putFlow"]>[2]>
  | NonNullable<Parameters<Emulator["save"]>[0]>
  | RetryOptions
  | SignOptions
  | SimulateOptions
  | StateMock
  | StateOptions
  | TaskMock
  | ValidateOptions
  | WaitOptions
>[];
console.log(none);

// The check finds such a property.
const found: Refusing<{ a?: string; b?: string | undefined; c: number }> = "a";
console.log(found);
