// Graphs of a given size for the tests of the layout, as `flowGraph` returns them.

/** A graph in the making. */
class Made {
  nodes = [{ id: "start", name: "start", type: "start", path: [] }];
  edges = [];

  state(id, type, more = {}) {
    this.nodes.push({ id, name: id, type, path: [], ...more });
    return id;
  }

  edge(from, to, kind = "next", label = undefined) {
    this.edges.push({ from, to, kind, ...(label !== undefined && { label }) });
  }

  done() {
    this.nodes.push({ id: "end", name: "end", type: "end", path: [] });
    return { nodes: this.nodes, edges: this.edges };
  }
}

/** A line of `count` states: every tenth is a choice with two lanes, every seventh has a handler that they share. */
export function longLine(count) {
  const made = new Made();
  let last = "start";
  let open = [];
  const join = (id, kind = "next") => {
    if (last) made.edge(last, id, last === "start" ? "start" : kind);
    for (const from of open) made.edge(from, id);
    open = [];
    last = id;
  };
  for (let i = 0; i < count; i += 1) {
    const id = `State${i}`;
    if (i % 10 === 5 && i + 3 < count) {
      join(made.state(id, "choice"));
      open = [made.state(`State${i + 1}`, "task"), made.state(`State${i + 2}`, "task")];
      made.edge(id, open[0], "choice", `$Input.kind == "${i}"`);
      made.edge(id, open[1], "default");
      last = undefined;
      i += 2;
    } else {
      join(made.state(id, "task"));
      if (i % 7 === 2) made.edge(id, "Alert", "catch", "FC.Unknown");
    }
  }
  made.state("Alert", "task");
  made.state("Failed", "fail");
  join("end", "end");
  made.edge("Alert", "Failed");
  return made.done();
}

/** Choices in the default lanes of choices. Each lane has `size` states. */
export function deepChoices(count, size) {
  const made = new Made();
  let from = ["start", "start"];
  const ends = [];
  for (let i = 0; i < count; i += 1) {
    made.state(`Is${i}`, "choice");
    made.edge(from[0], `Is${i}`, from[1]);
    let last = `Is${i}`;
    for (let k = 0; k < size; k += 1) {
      const id = made.state(`Do${i}.${k}`, "task");
      if (k === 0) made.edge(last, id, "choice", `$Input.t == "${i}"`);
      else made.edge(last, id);
      last = id;
    }
    ends.push(last);
    from = [`Is${i}`, "default"];
  }
  made.state("Other", "pass");
  made.edge(from[0], "Other", "default");
  for (const end of [...ends, "Other"]) made.edge(end, "end", "end");
  return made.done();
}

/** Boxes in boxes. */
export function deepBoxes(count) {
  const made = new Made();
  let parent;
  for (let i = 0; i < count; i += 1) {
    const type = i % 2 ? "parallel" : "foreach";
    made.state(`Box${i}`, type, { parent, ...(parent && { branch: 0 }) });
    if (parent) {
      made.edge(parent, `Box${i}`, i % 2 ? "iterate" : "fork");
      made.edge(`Box${i}`, parent, i % 2 ? "collect" : "join");
    } else made.edge("start", `Box${i}`, "start");
    parent = `Box${i}`;
  }
  made.edge("Box0", "end", "end");
  return made.done();
}

/** A graph in a Map, and that Map between two branches of a Parallel. */
export function boxed(graph) {
  const made = new Made();
  made.state("Both", "parallel");
  made.edge("start", "Both", "start");
  made.state("Left", "task", { parent: "Both", branch: 0 });
  made.state("Each", "foreach", { parent: "Both", branch: 1 });
  for (const node of graph.nodes) {
    if (node.type !== "start" && node.type !== "end") made.nodes.push({ ...node, parent: node.parent ?? "Each" });
  }
  made.state("Right", "task", { parent: "Both", branch: 2 });
  for (const [index, id] of ["Left", "Each", "Right"].entries()) {
    made.edge("Both", id, "fork", String(index));
    made.edge(id, "Both", "join");
  }
  for (const { from, to, kind, label } of graph.edges) {
    if (from === "start") made.edge("Each", to, "iterate");
    else if (to === "end") made.edge(from, "Each", "collect");
    else made.edge(from, to, kind, label);
  }
  made.edge("Both", "end", "end");
  return made.done();
}

/** One Parallel with `count` branches of one or two states. */
export function branches(count) {
  const made = new Made();
  made.state("Prepare", "pass");
  made.edge("start", "Prepare", "start");
  made.state("FanOut", "parallel");
  made.edge("Prepare", "FanOut");
  for (let i = 0; i < count; i += 1) {
    const id = made.state(`Fetch region ${i + 1}`, "task", { parent: "FanOut", branch: i });
    made.edge("FanOut", id, "fork", String(i));
    let last = id;
    if (i % 3 === 0) {
      last = made.state(`Store ${i + 1}`, "pass", { parent: "FanOut", branch: i });
      made.edge(id, last);
    }
    made.edge(last, "FanOut", "join");
  }
  made.state("Report", "task");
  made.edge("FanOut", "Report");
  made.edge("Report", "end", "end");
  return made.done();
}

/** One choice with `count` options. */
export function options(count) {
  const made = new Made();
  made.state("Route", "choice");
  made.edge("start", "Route", "start");
  for (let i = 0; i < count; i += 1) {
    const id = made.state(`Do${i}`, "task");
    made.edge("Route", id, "choice", `$Input.t == "${i}"`);
    made.edge(id, "end", "end");
  }
  return made.done();
}

/** A line of states with jumps from each to one further below and to one further above. */
export function jumps(count, distance) {
  const made = new Made();
  for (let i = 0; i < count; i += 1) {
    made.state(`S${i}`, "choice");
    if (i === 0) made.edge("start", "S0", "start");
    made.edge(`S${i}`, i + 1 < count ? `S${i + 1}` : "end", "default");
    if (i + distance < count) made.edge(`S${i}`, `S${i + distance}`, "choice", "$Input.skip");
    if (i - distance >= 0 && i % 3 === 0) made.edge(`S${i}`, `S${i - distance}`, "choice", "$Input.again");
    if (i % 5 === 0) made.edge(`S${i}`, `H${i % 50}`, "catch", "FnF.ALL");
  }
  for (let i = 0; i < 50; i += 5) {
    made.state(`H${i}`, "task");
    made.edge(`H${i}`, "end", "end");
  }
  return made.done();
}
