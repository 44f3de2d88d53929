// The rows as a Markdown table.

const units = {
  us: (us) => (us < 1000 ? `${round(us)} us` : `${round(us / 1000)} ms`),
  memory: (bytes) => `${(bytes / 1024 / 1024).toFixed(0)} MiB`,
  bytes: (bytes) => `${(bytes / 1024).toFixed(1)} KiB`,
  text: String,
};

const round = (n) => (n < 10 ? n.toFixed(2) : n < 100 ? n.toFixed(1) : n.toFixed(0));

export const heading = "| what | where | ours | peers (times ours) | goal | met |\n|---|---|---|---|---|---|";

export const markdown = (rows) => [heading, ...rows.map(line)].join("\n");

export function line(row) {
  const show = units[row.unit];
  const peers = Object.entries(row.peers).map(([name, value]) => {
    const ratio = row.times?.[name];
    return `${name} ${show(value)}${ratio ? ` (${round(ratio)}x)` : ""}`;
  });
  const met = row.met === null ? "" : row.met ? "yes" : "**no**";
  const within = row.budget === undefined || row.met ? "" : row.budget ? ", within the budget" : ", over the budget";
  const ours = row.ours === undefined || row.ours === null ? "-" : show(row.ours);
  const note = row.note ? `; ${row.note}` : "";
  return `| ${row.what} | ${row.where} | ${ours} | ${peers.join("; ")} | ${row.goal} | ${met}${within}${note} |`;
}
