// Random flows for the tests of the layout. A seed always gives the same flow.

/** Mulberry32. */
export function dice(seed) {
  let state = seed >>> 0;
  const next = () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
  return {
    next,
    below: (n) => Math.floor(next() * n),
    chance: (p) => next() < p,
    pick: (list) => list[Math.floor(next() * list.length)],
  };
}

const WORDS = ["Load", "Check", "Charge", "Notify", "Refund", "Archive", "ComputeTotals", "SendInvoice", "Poll"];
const CHINESE = ["查询订单", "根据订单编号查询客户历史购买记录", "写入死信队列并通知值班人员", "审核"];
const ERRORS = [["FnF.ALL"], ["FC.Unknown"], ["PaymentError", "FC.ResourceThrottled"], ["HTTPRequestError"]];

/**
 * A definition of the `StateMachine` dialect as JSON text. Regions are nested; every third flow also has jumps between
 * states of one list, forward and backward.
 */
export function randomFlow(seed) {
  const die = dice(seed);
  let count = 0;
  const name = () => {
    count += 1;
    const word = die.chance(0.15) ? die.pick(CHINESE) : die.pick(WORDS);
    return `${word}${count}`;
  };
  const tangled = seed % 3 === 0;

  /** States of one list. `depth` limits the nesting of boxes. */
  const list = (size, depth) => {
    const states = [];
    const handlers = [];
    const used = new Set();
    const add = (type, fields = {}) => {
      const state = { Type: type, Name: name(), ...fields };
      states.push(state);
      return state;
    };
    const caught = (state) => {
      if (!die.chance(0.25)) return;
      if (handlers.length === 0 || die.chance(0.35)) handlers.push(name());
      const handler = die.pick(handlers);
      used.add(handler);
      state.Catch = [{ Errors: die.pick(ERRORS), Next: handler }];
    };
    /** A region between `first` and the states that still need a successor. */
    const region = (budget, lanes) => {
      let open = [];
      let first;
      const join = (state) => {
        for (const set of open) set(state.Name);
        open = [(next) => (state.Next = next)];
        first ??= state;
      };
      for (let left = budget; left > 0; ) {
        const roll = die.next();
        if (roll < 0.22 && left > 2 && lanes < 3) {
          // A choice with lanes, a skip, a failure or a loop.
          const before = first;
          const choice = add("Choice", { Branches: [] });
          join(choice);
          open = [];
          const ways = die.chance(0.2) ? 3 : 2;
          const after = [];
          for (let way = 0; way < ways; way += 1) {
            const target = {};
            if (way < ways - 1) choice.Branches.push(target);
            const set = (next) => (way < ways - 1 ? (target.Next = next) : (choice.Default = next));
            if (way < ways - 1)
              target.Condition = die.pick([
                "$Input.a == 1",
                '$Input.status == "RUNNING"',
                "$Input.total > 100 && $Input.vip",
              ]);
            const kind = die.next();
            if (kind < 0.2 && way > 0) {
              after.push(set);
            } else if (kind < 0.28 && before) {
              set(before.Name);
            } else if (kind < 0.36) {
              const fail = add("Fail", { Code: "Bad" });
              set(fail.Name);
            } else {
              const used = 1 + die.below(Math.max(1, Math.floor(left / ways)));
              left -= used;
              const inner = region(used, lanes + 1);
              set(inner.first.Name);
              after.push(...inner.open);
            }
          }
          if (after.length === 0) return { first, open: [] };
          open = after;
          left -= 1;
        } else if (roll < 0.32 && depth > 0 && left > 3) {
          const branches = 2 + die.below(3);
          const share = Math.max(1, Math.floor(left / 2 / branches));
          const state = { Type: "Parallel", Name: name(), Branches: [] };
          states.push(state);
          for (let i = 0; i < branches; i += 1) state.Branches.push(list(1 + die.below(share), depth - 1));
          join(state);
          caught(state);
          left -= branches;
        } else if (roll < 0.4 && depth > 0 && left > 2) {
          const state = { Type: "Map", Name: name(), ItemsPath: "$Input.items" };
          states.push(state);
          state.Processor = list(1 + die.below(Math.max(1, Math.floor(left / 2))), depth - 1);
          join(state);
          caught(state);
          left -= 2;
        } else {
          const type = die.pick(["Task", "Task", "Task", "Pass", "Wait"]);
          const state = add(
            type,
            type === "Wait" ? { Seconds: 5 } : type === "Task" ? { Action: "FC:InvokeFunction" } : {},
          );
          join(state);
          if (type === "Task") caught(state);
          left -= 1;
        }
      }
      return { first, open };
    };
    const { first, open } = region(size, 0);
    if (open.length > 0) {
      const done = add(die.chance(0.5) ? "Succeed" : "Pass");
      if (done.Type === "Pass") done.End = true;
      for (const set of open) set(done.Name);
    }
    const main = states.filter((state) => state.Next && state.Type !== "Choice");
    for (const handler of handlers) {
      // Few flows have states that nothing leads to.
      if (!used.has(handler) && !die.chance(0.2)) continue;
      const way = die.next();
      const state = { Type: way < 0.3 ? "Fail" : "Task", Name: handler };
      states.push(state);
      if (way < 0.3) state.Code = "Handled";
      else if (way < 0.6 || main.length === 0) state.End = true;
      else state.Next = die.pick(main).Name;
      if (way >= 0.3) state.Action = "FC:InvokeFunction";
    }
    if (tangled && main.length > 3) {
      for (let jumps = 1 + die.below(2); jumps > 0; jumps -= 1) {
        const state = die.pick(main);
        const choice = add("Choice", { Branches: [{ Condition: "$Input.jump", Next: die.pick(main).Name }] });
        choice.Default = state.Next;
        state.Next = choice.Name;
      }
    }
    return { StartAt: first.Name, States: states };
  };
  return JSON.stringify({
    Type: "StateMachine",
    Name: `random-${seed}`,
    SpecVersion: "v1",
    ...list(4 + die.below(14), 2),
  });
}

/** The seeds from 1 to this one are tested and compared. */
export const RANDOM_FLOWS = 300;
