// Counters and histograms of the gateway, in the text format of Prometheus.
//
// Each Worker isolate counts for itself and can end at any time. It sends what it has counted since the last time as text
// (`takeDeltas`) with its requests for permits. The object that has the budget of the account adds it up. Each line is
// `name{labels} value`, and values of equal names are added: the object need not know the metrics.
//
// Values of labels consist of few characters, and each metric has a limited number of series: an upstream that returns a
// new code with each response cannot fill the memory.

const PREFIX = "cloudflow_gateway_";

/** Maximum number of series of one metric. Further ones are counted as one series whose labels are `other`. */
const MAX_SERIES = 100;

/** Maximum length of the value of a label. */
const MAX_LABEL = 64;

/** Maximum length of a text that is merged. Snapshots are shorter: 11 metrics with 100 series of at most 12 lines. */
const MAX_TEXT = 2_000_000;

const SECONDS = [0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60];

/**
 * The metrics. Texts of other names are ignored.
 *
 * @type {Record<string, { type: "counter" | "gauge" | "histogram", labels: string[], help: string, buckets?: number[] }>}
 */
export const METRICS = {
  requests_total: { type: "counter", labels: ["endpoint", "status"], help: "Requests." },
  watchers: { type: "gauge", labels: ["kind"], help: "Open polls and streams." },
  leaders: { type: "gauge", labels: [], help: "Watchers that call the service." },
  upstream_calls_total: {
    type: "counter",
    labels: ["action", "code"],
    help: "Calls of the service.",
  },
  upstream_seconds: {
    type: "histogram",
    labels: ["action"],
    help: "Duration of calls of the service.",
    buckets: SECONDS,
  },
  coalesced_total: {
    type: "counter",
    labels: ["action"],
    help: "Requests without a call of the service.",
  },
  permit_wait_seconds: {
    type: "histogram",
    labels: ["bucket"],
    help: "Waits for permits.",
    buckets: SECONDS,
  },
  answer_age_seconds: {
    type: "histogram",
    labels: ["kind"],
    help: "Age of delivered states: time since the hub got them.",
    buckets: SECONDS,
  },
  resets_total: { type: "counter", labels: ["cause"], help: "Lost connections to objects." },
  limited_total: { type: "counter", labels: [], help: "Requests over the limit of their caller." },
  tickets_total: { type: "counter", labels: ["result"], help: "Tickets: issued, spent, refused." },
};

/** @typedef {Record<string, string | number>} Labels */

/** Values of a series: one number, or the numbers of observations per bucket, then their sum. @typedef {number[]} Values */

/**
 * Returns the metrics of one isolate, or those of the object that adds them up. Names are those of {@link METRICS}.
 *
 * @param {{ maxSeries?: number }} [settings]
 */
export function createMetrics({ maxSeries = MAX_SERIES } = {}) {
  const total = createStore(maxSeries);
  const pending = createStore(maxSeries);

  /** @type {(name: string, labels: Labels, values: Values) => void} */
  const add = (name, labels, values) => {
    total.add(name, labels, values);
    pending.add(name, labels, values);
  };
  return {
    /**
     * Adds to a counter or a gauge.
     *
     * @param {string} name
     * @param {Labels} [labels]
     * @param {number} [value]
     */
    count(name, labels = {}, value = 1) {
      add(name, labels, [value]);
    },

    /**
     * Adds an observation to a histogram.
     *
     * @param {string} name
     * @param {Labels} labels
     * @param {number} value
     */
    observe(name, labels, value) {
      const buckets = METRICS[name]?.buckets ?? [];
      const found = buckets.findIndex((limit) => value <= limit);
      const values = Array(buckets.length + 2).fill(0);
      values[found < 0 ? buckets.length : found] = 1;
      values[buckets.length + 1] = value;
      add(name, labels, values);
    },

    /** Returns what was counted since the last call, as lines `name{labels} values`; `""` if nothing was. */
    takeDeltas() {
      const text = pending.lines();
      pending.clear();
      return text;
    },

    /**
     * Puts back deltas that could not be sent.
     *
     * @param {string} deltas
     */
    returnDeltas(deltas) {
      pending.merge(deltas);
    },

    /**
     * Adds the deltas of an isolate, or a snapshot.
     *
     * @param {string} text
     */
    merge(text) {
      total.merge(text);
    },

    /** Returns all values as lines for `merge`, to store them. */
    snapshot() {
      return total.lines();
    },

    /** Returns all values in the text format of Prometheus. Its type is `text/plain; version=0.0.4`. */
    text() {
      return total.exposition();
    },
  };
}

/** @param {number} maxSeries */
function createStore(maxSeries) {
  /** Values by labels (`a="x",b="y"`), by name. @type {Map<string, Map<string, Values>>} */
  const metrics = new Map();

  const store = {
    /** @type {(name: string, labels: Labels, values: Values) => void} */
    add(name, labels, values) {
      const metric = Object.hasOwn(METRICS, name) ? METRICS[name] : undefined;
      if (!metric || values.length !== (metric.buckets ? metric.buckets.length + 2 : 1)) return;
      if (!values.every((value) => Number.isFinite(value) && (value >= 0 || metric.type === "gauge"))) return;
      let series = metrics.get(name);
      if (!series) metrics.set(name, (series = new Map()));
      let key = metric.labels.map((label) => `${label}="${labelValue(labels[label])}"`).join(",");
      if (!series.has(key) && series.size >= maxSeries)
        key = metric.labels.map((label) => `${label}="other"`).join(",");
      const old = series.get(key);
      series.set(key, old ? values.map((value, i) => value + (old[i] ?? 0)) : values);
    },

    lines() {
      const lines = [];
      for (const [name, series] of metrics) {
        const names = METRICS[name]?.buckets && [...METRICS[name].buckets.map(String), "+Inf", "sum"];
        for (const [key, values] of series) {
          for (const [i, value] of values.entries()) {
            if (value === 0) continue;
            const labels = names ? `${key && `${key},`}le="${names[i]}"` : key;
            lines.push(`${PREFIX}${name}{${labels}} ${number(value)}\n`);
          }
        }
      }
      return lines.join("");
    },

    /** @param {string} text */
    merge(text) {
      if (text.length > MAX_TEXT) return;
      for (const line of text.split("\n")) {
        const [, name = "", key = "", value = ""] =
          /^cloudflow_gateway_(\w+)\{([^{}]*)\} ([-\d.e+]+)$/.exec(line) ?? [];
        const buckets = Object.hasOwn(METRICS, name) ? METRICS[name]?.buckets : undefined;
        const labels = Object.fromEntries(
          [...key.matchAll(/(\w+)="([^"]*)"/g)].map(([, label, value]) => [label, value]),
        );
        if (!buckets) store.add(name, labels, [Number(value)]);
        else {
          const at = [...buckets.map(String), "+Inf", "sum"].indexOf(labels.le ?? "");
          if (at >= 0)
            store.add(
              name,
              labels,
              Array(buckets.length + 2)
                .fill(0)
                .with(at, Number(value)),
            );
        }
      }
    },

    exposition() {
      const lines = [];
      for (const [name, { type, help, buckets }] of Object.entries(METRICS)) {
        lines.push(`# HELP ${PREFIX}${name} ${help}`, `# TYPE ${PREFIX}${name} ${type}`);
        for (const [key, values] of metrics.get(name) ?? []) {
          if (!buckets) lines.push(`${PREFIX}${name}${key && `{${key}}`} ${number(Math.max(0, values[0] ?? 0))}`);
          else lines.push(...histogram(name, key, buckets, values));
        }
      }
      return `${lines.join("\n")}\n`;
    },

    clear: () => metrics.clear(),
  };
  return store;
}

/**
 * @param {string} name
 * @param {string} key
 * @param {number[]} buckets
 * @param {Values} values
 */
function histogram(name, key, buckets, values) {
  const before = key && `${key},`;
  let count = 0;
  const lines = [...buckets, "+Inf"].map((limit, i) => {
    count += values[i] ?? 0;
    return `${PREFIX}${name}_bucket{${before}le="${limit}"} ${count}`;
  });
  const labels = key && `{${key}}`;
  lines.push(`${PREFIX}${name}_sum${labels} ${number(values.at(-1) ?? 0)}`, `${PREFIX}${name}_count${labels} ${count}`);
  return lines;
}

/**
 * The value of a label, of characters that need no escape.
 *
 * @param {string | number | undefined} value
 */
function labelValue(value = "") {
  return String(value)
    .slice(0, MAX_LABEL)
    .replace(/[^\w.:/-]/g, "_");
}

/** @param {number} value */
function number(value) {
  return String(Math.round(value * 1e6) / 1e6);
}
