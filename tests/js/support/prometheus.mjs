// A strict reader of the text format of Prometheus: https://prometheus.io/docs/instrumenting/exposition_formats/

const SAMPLE = /^([a-zA-Z_:][\w:]*)(?:\{((?:[a-zA-Z_]\w*="(?:[^"\\\n]|\\[\\"n])*",?)*)\})? (\S+)$/;

/**
 * Returns the values by series. Throws for a text that a strict reader does not accept.
 *
 * @param {string} text
 * @returns {Map<string, number>}
 */
export function readMetrics(text) {
  if (!text.endsWith("\n")) throw new Error("the last line has no end");
  const values = new Map();
  const seen = new Set();
  let metric;
  for (const line of text.slice(0, -1).split("\n")) {
    const [, kind, name, rest] = /^# (HELP|TYPE) (\S+) (.+)$/.exec(line) ?? [];
    if (kind === "HELP") {
      if (seen.has(name)) throw new Error(`twice: ${line}`);
      seen.add(name);
      metric = { name, type: undefined, values: new Map() };
      continue;
    }
    if (kind === "TYPE") {
      if (name !== metric?.name || metric.type || !/^(counter|gauge|histogram)$/.test(rest)) throw new Error(line);
      if (rest === "counter" && !name.endsWith("_total")) throw new Error(`a counter without _total: ${line}`);
      metric.type = rest;
      continue;
    }
    const [, series, labels = "", number] = SAMPLE.exec(line) ?? [];
    const base = metric?.type === "histogram" ? series?.replace(/_(bucket|sum|count)$/, "") : series;
    const value = Number(number);
    if (series === undefined || base !== metric?.name || !metric.type || !Number.isFinite(value)) throw new Error(line);
    if (labels.endsWith(",") || line.includes("{}")) throw new Error(line);
    if (value < 0 && metric.type !== "gauge") throw new Error(`negative: ${line}`);
    const names = [...labels.matchAll(/(\w+)="/g)].map(([, label]) => label);
    if (new Set(names).size !== names.length) throw new Error(`a label twice: ${line}`);
    const key = `${series}{${labels}}`;
    if (values.has(key)) throw new Error(`twice: ${line}`);
    values.set(key, value);
    if (metric.type === "histogram") histogram(metric, values, series, labels, value);
  }
  return values;
}

/** Buckets ascend, and the last one is the count. */
function histogram(metric, values, series, labels, value) {
  const [, rest = "", le] = /^(.*?),?le="([^"]*)"$/.exec(labels) ?? [];
  if (series.endsWith("_bucket")) {
    if (le === undefined) throw new Error(`a bucket without le: ${labels}`);
    const before = metric.values.get(rest) ?? { le: Number.NEGATIVE_INFINITY, count: 0 };
    const limit = le === "+Inf" ? Number.POSITIVE_INFINITY : Number(le);
    if (!(limit > before.le) || value < before.count) throw new Error(`buckets do not ascend: ${labels}`);
    metric.values.set(rest, { le: limit, count: value });
  } else if (series.endsWith("_count")) {
    const last = metric.values.get(labels);
    if (last?.le !== Number.POSITIVE_INFINITY || last.count !== value) throw new Error(`the count differs: ${labels}`);
    if (!values.has(`${metric.name}_sum{${labels}}`)) throw new Error(`there is no sum: ${labels}`);
  }
}
