// A text area with line numbers and diagnostics at their lines.

/** Calls `onChange` after each change of the text, also of `setText`. */
export function createEditor(by, onChange) {
  const area = by("definition");
  const gutter = by("gutter");
  const marks = by("marks");
  let byLine = new Map();

  const alignScroll = () => {
    gutter.scrollTop = area.scrollTop;
    marks.scrollTop = area.scrollTop;
    marks.scrollLeft = area.scrollLeft;
  };
  area.addEventListener("scroll", alignScroll);
  area.addEventListener("input", onChange);

  function select(range) {
    area.focus();
    area.setSelectionRange(range.start.offset, Math.max(range.end.offset, range.start.offset));
    const lineHeight = parseFloat(getComputedStyle(area).lineHeight);
    area.scrollTop = Math.max(0, (range.start.line - 4) * lineHeight);
    alignScroll();
  }

  function drawGutter() {
    const count = area.value.split("\n").length;
    const lines = Array.from({ length: count }, (_, index) => {
      const line = document.createElement("div");
      line.textContent = String(index + 1);
      const found = byLine.get(index + 1);
      if (found) {
        line.className = worst(found);
        line.title = found.map(({ message }) => message).join("\n");
        line.addEventListener("click", () => select(found[0].range));
      }
      return line;
    });
    gutter.replaceChildren(...lines);
  }

  function drawMarks(diagnostics) {
    const text = area.value;
    const parts = [];
    let at = 0;
    const spans = diagnostics.filter(({ range }) => range).sort((a, b) => a.range.start.offset - b.range.start.offset);
    for (const { range, severity } of spans) {
      const from = Math.max(at, range.start.offset);
      // A diagnostic with an empty range must be visible.
      const to = Math.min(text.length, Math.max(range.end.offset, range.start.offset + 1));
      if (from >= to) continue;
      parts.push(text.slice(at, from));
      const mark = document.createElement("mark");
      mark.className = severity;
      mark.textContent = text.slice(from, to);
      parts.push(mark);
      at = to;
    }
    // Without text after its line break, the last line has no height.
    parts.push(`${text.slice(at)}\n `);
    marks.replaceChildren(...parts);
  }

  return {
    text: () => area.value,
    setText(text) {
      area.value = text;
      area.scrollTop = 0;
      onChange();
    },
    showDiagnostics(diagnostics, dialect) {
      byLine = new Map();
      for (const diagnostic of diagnostics) {
        if (!diagnostic.range) continue;
        const { line } = diagnostic.range.start;
        byLine.set(line, [...(byLine.get(line) ?? []), diagnostic]);
      }
      drawGutter();
      drawMarks(diagnostics);
      alignScroll();
      by("verdict").textContent = verdict(diagnostics, dialect);
      by("diagnostics").replaceChildren(...diagnostics.map((diagnostic) => item(diagnostic, select)));
    },
  };
}

function item(diagnostic, select) {
  const { severity, code, message, range } = diagnostic;
  const line = document.createElement("li");
  const kind = document.createElement("b");
  kind.className = severity;
  kind.textContent = severity;
  const words = [kind, ` ${message} `, Object.assign(document.createElement("code"), { textContent: code })];
  if (!range) {
    line.append(...words);
    return line;
  }
  const button = document.createElement("button");
  button.type = "button";
  button.append(`line ${range.start.line}, column ${range.start.column}: `, ...words);
  button.addEventListener("click", () => select(range));
  line.append(button);
  return line;
}

function verdict(diagnostics, dialect) {
  const count = (severity) => diagnostics.filter((diagnostic) => diagnostic.severity === severity).length;
  const counts = [
    [count("error"), "error"],
    [count("warning"), "warning"],
    [count("info"), "info"],
  ].filter(([number]) => number > 0);
  const subject = dialect ? `Dialect ${dialect}` : "Not a flow of either dialect";
  if (counts.length === 0) return `${subject}: no diagnostics.`;
  return `${subject}: ${counts.map(([number, word]) => `${number} ${word}${number > 1 && word !== "info" ? "s" : ""}`).join(", ")}.`;
}

function worst(diagnostics) {
  for (const severity of ["error", "warning"]) {
    if (diagnostics.some((diagnostic) => diagnostic.severity === severity)) return severity;
  }
  return "info";
}
