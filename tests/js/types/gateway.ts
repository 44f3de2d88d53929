// A program that uses the types of "cloudflow-wasm/gateway". It is compiled, never run.

import { createGateway } from "cloudflow-wasm/gateway";
import type {
  Gateway,
  GatewayAction,
  GatewayBindings,
  GatewayCall,
  GatewayEvents,
  GatewayOptions,
  LogEntry,
} from "cloudflow-wasm/gateway";

interface Env {
  HUB: GatewayBindings["executions"];
  BUDGET: GatewayBindings["account"];
  TICKETS: string;
}

const events: GatewayEvents = { maxSeconds: 600, heartbeatSeconds: 20 };
const actions: GatewayAction[] = ["DescribeExecution", "GetExecutionHistory"];
const entries: LogEntry[] = [];

const options: GatewayOptions<Env> = {
  upstream: () => ({ region: "cn-hangzhou" }),
  authorize: (_request: Request, { action, flowName }: GatewayCall) => action !== "Metrics" && flowName === "orders",
  actions,
  hub: (env) => ({ executions: env.HUB, account: env.BUDGET, name: "team" }),
  events,
  limit: { perMinute: 120 },
  tickets: (env) => env.TICKETS,
  log: (entry) => entries.push(entry),
};

const gateway: Gateway<Env> = createGateway(options);
export default gateway;
export const { ExecutionHub, AccountBudget } = gateway;

export const onOneMachine = createGateway({ ...options, hub: "memory", events: false, log: false });

// @ts-expect-error: a misspelled binding
createGateway<Env>({ ...options, hub: (env) => ({ execution: env.HUB, account: env.BUDGET }) });
