// The fields of the state, and their values before anything is known.

/**
 * @typedef {import("../../../pkg/index.js").Execution} Execution
 * @typedef {import("../../../pkg/index.js").ExecutionEvent} ExecutionEvent
 * @typedef {import("../../../pkg/index.js").Replay} Replay
 * @typedef {import("../../../pkg/index.js").ReplayState} ReplayState
 */

/**
 * What the user has selected. Every view shows the same selection.
 *
 * @typedef {object} Selection
 * @property {string} [node] `id` of the node of `flowGraph`
 * @property {number} [visit] index in `replay.visits`
 * @property {number} [attempt] number of the attempt, from 1
 * @property {number} [event] `eventId`
 */

/**
 * The watch of the execution.
 *
 * - `idle`: nothing is watched
 * - `starting`: a start or the first request is in progress
 * - `watching`
 * - `reconnecting`: the endpoint does not respond; `nextTryAt` is the time of the next request, in ms since 1970
 * - `offline`: the machine has no network
 * - `left`: the user ended the watch, the execution continues
 * - `ended`: the execution has ended
 * - `refused`: the endpoint refused permanently; `error` says why
 *
 * @typedef {object} Connection
 * @property {"idle" | "starting" | "watching" | "reconnecting" | "offline" | "left" | "ended" | "refused"} state
 * @property {number} [nextTryAt]
 * @property {Problem} [error]
 */

/**
 * An error for the user.
 *
 * @typedef {object} Problem
 * @property {string} kind
 * @property {string} code
 * @property {string} message
 * @property {number} [status] HTTP status
 * @property {string} [requestId]
 * @property {string} [permission] the RAM action that is missing, such as `fnf:GetExecutionHistory`
 */

/**
 * The result of `validateFlow` and `flowGraph` for a text.
 *
 * @typedef {object} Checked
 * @property {string} text the text to which all of this belongs
 * @property {"flow" | "StateMachine" | null} dialect
 * @property {boolean} valid
 * @property {any[]} diagnostics
 * @property {{ nodes: any[], edges: any[] }} graph
 */

/**
 * A list that is read page by page. Without `items`, it was not read yet.
 *
 * @template T
 * @typedef {object} List
 * @property {readonly T[]} [items]
 * @property {string} [nextToken]
 * @property {boolean} isLoading
 * @property {Problem} [problem]
 */

/**
 * The form that starts an execution. `source` is the definition that it runs: the text of the editor, which is saved
 * first, or the one that the service has. `owner` is the flow to which the text of the editor belongs: it is never saved as
 * another flow unless the user names that one. `inputOf` is the flow of the sample or link to which the input belongs, `""`
 * if it is that of an execution or of no one, and `null` if the user typed it: then it is kept.
 *
 * @typedef {object} Form
 * @property {string} flowName
 * @property {string} owner
 * @property {string | null} inputOf
 * @property {string} executionName
 * @property {"editor" | "stored"} source
 * @property {"Standard" | "Express"} mode
 */

/**
 * Another execution beside the watched one.
 *
 * @typedef {object} Compared
 * @property {string} flowName
 * @property {string} executionName
 * @property {Execution} [execution]
 * @property {Checked} [ran]
 * @property {ReplayState} [replay]
 * @property {Problem} [problem]
 */

/**
 * A task of the definition, with its answer. `key` is the resource or the action that an answer names.
 *
 * @typedef {object} MockedTask
 * @property {string} key
 * @property {string[]} states names of the states
 * @property {"module" | "answer" | "none"} handler
 * @property {any[]} [answer]
 */

/**
 * @typedef {object} State
 * @property {"en" | "zh"} lang
 * @property {"system" | "light" | "dark"} theme
 * @property {"graph" | "timeline" | "events" | "definition"} view
 * @property {string} flowName
 * @property {string} executionName
 * @property {string} input text of the input field
 * @property {string} text text of the editor
 * @property {Checked | undefined} checked of `text`; it may lag behind while the user types
 * @property {Connection} connection
 * @property {Execution | undefined} execution last response of DescribeExecution
 * @property {readonly ExecutionEvent[]} events one array per execution, to which events are appended
 * @property {number} eventCount length of `events`; it changes with each event
 * @property {Problem | undefined} historyProblem why the events are not available
 * @property {string | undefined} definition the definition that the execution runs; absent until it is known
 * @property {Checked | undefined} ran of `definition`
 * @property {Replay | undefined} replayer
 * @property {ReplayState | undefined} replay a new object after each change
 * @property {Selection} selection
 * @property {number} clockOffset clock of the service minus the clock of this machine at `clockReadAt`, in ms
 * @property {number} clockSpeed ms of the clock of the service per ms of this machine
 * @property {number} clockReadAt in ms since 1970; without effect at the speed 1
 * @property {import("./control.js").Capabilities} capabilities what the endpoint offers
 * @property {boolean} isKept false if the endpoint forgets everything when the page is closed
 * @property {boolean} isEndpointKnown whether the endpoint has told what it offers, or does not respond
 * @property {boolean} shortcuts whether single keys are shortcuts
 * @property {Form} form
 * @property {"" | "start" | "stop"} busy the action whose response is missing
 * @property {Problem | undefined} problem of the last action
 * @property {{ range: any } | undefined} mark a range of the definition to show; a new object for each request
 * @property {List<any>} flows
 * @property {string} listed name of the flow whose executions are listed
 * @property {{ status: string, prefix: string }} filter of the executions
 * @property {List<Execution>} executions
 * @property {Compared | undefined} compared
 * @property {List<MockedTask>} mocks
 */

/** @returns {State} */
export function initialState() {
  return {
    lang: "en",
    theme: "system",
    view: "graph",
    flowName: "",
    executionName: "",
    input: "",
    text: "",
    checked: undefined,
    connection: { state: "idle" },
    execution: undefined,
    events: [],
    eventCount: 0,
    historyProblem: undefined,
    definition: undefined,
    ran: undefined,
    replayer: undefined,
    replay: undefined,
    selection: {},
    clockOffset: 0,
    clockSpeed: 1,
    clockReadAt: 0,
    capabilities: { flows: false, start: false, stop: false, mocks: false },
    isKept: true,
    isEndpointKnown: false,
    shortcuts: true,
    form: { flowName: "", owner: "", inputOf: "", executionName: "", source: "editor", mode: "Standard" },
    busy: "",
    problem: undefined,
    mark: undefined,
    flows: { isLoading: false },
    listed: "",
    filter: { status: "", prefix: "" },
    executions: { isLoading: false },
    compared: undefined,
    mocks: { isLoading: false },
  };
}

/**
 * The definition that the graph and the views of the execution show: the one that ran, otherwise the one in the editor.
 *
 * @param {State} state
 */
export function shownDefinition(state) {
  return state.ran ?? state.checked;
}
