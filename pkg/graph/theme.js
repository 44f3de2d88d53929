// Colours and the style sheet. Colours show the status only; forced colours replace them.

import { FONT_LABEL, FONT_NAME } from "./layout/text.js";

/** @import { GraphStatus } from "../graph.js" */

/**
 * @typedef {object} Palette
 * @property {string} canvas
 * @property {string} paper Fill of states without a status.
 * @property {string} box
 * @property {string} border
 * @property {string} line
 * @property {string} text
 * @property {string} quiet Texts of second rank.
 * @property {string} error Lines that an error takes.
 * @property {string} accent Selection and focus.
 * @property {Record<GraphStatus, { fill: string, edge: string }>} status
 */

/** Contrast of texts is at least 4.5, that of borders and lines at least 3. @type {Record<"light" | "dark", Palette>} */
export const PALETTES = {
  light: {
    canvas: "#ffffff",
    paper: "#ffffff",
    box: "#f6f8fa",
    border: "#7d8590",
    line: "#6b7480",
    text: "#16191d",
    quiet: "#57606a",
    error: "#c4292f",
    accent: "#0b5fff",
    status: {
      notReached: { fill: "#ffffff", edge: "#7d8590" },
      running: { fill: "#dbeafe", edge: "#1d5fd1" },
      waiting: { fill: "#ece9fb", edge: "#6445c2" },
      retrying: { fill: "#fff0d6", edge: "#9a5b00" },
      succeeded: { fill: "#dcf5e3", edge: "#1a7f3c" },
      failed: { fill: "#ffe1e0", edge: "#c4292f" },
      caught: { fill: "#ffeadb", edge: "#b1440e" },
      timedOut: { fill: "#ffe1ee", edge: "#b4246e" },
      stopped: { fill: "#e7e9ec", edge: "#57606a" },
    },
  },
  dark: {
    canvas: "#0f1317",
    paper: "#1a2027",
    box: "#151a20",
    border: "#74808d",
    line: "#8b96a3",
    text: "#e8ecf1",
    quiet: "#a7b1bd",
    error: "#ff7b78",
    accent: "#7cb0ff",
    status: {
      notReached: { fill: "#1a2027", edge: "#74808d" },
      running: { fill: "#153158", edge: "#6aa5ff" },
      waiting: { fill: "#2b2554", edge: "#a894ff" },
      retrying: { fill: "#42300f", edge: "#e2a33b" },
      succeeded: { fill: "#14381f", edge: "#4cc270" },
      failed: { fill: "#4a1b1c", edge: "#ff7b78" },
      caught: { fill: "#45260f", edge: "#f3915a" },
      timedOut: { fill: "#451833", edge: "#ff7ab8" },
      stopped: { fill: "#2b3138", edge: "#a7b1bd" },
    },
  },
};

/** @param {Palette} palette */
function variables({ status, ...plain }) {
  const names = Object.entries(plain).map(([name, value]) => `--cf-${name}:${value}`);
  const pairs = Object.entries(status).flatMap(([name, { fill, edge }]) => [
    `--cf-${name}-fill:${fill}`,
    `--cf-${name}-edge:${edge}`,
  ]);
  return [...names, ...pairs].join(";");
}

const STATUS_RULES = Object.keys(PALETTES.light.status)
  .map((name) => `[data-status="${name}"]{--fill:var(--cf-${name}-fill);--edge:var(--cf-${name}-edge)}`)
  .join("\n");

/** The style sheet of the element. */
export const CSS = `
:host{display:block;position:relative;block-size:480px;overflow:hidden;color-scheme:light;${variables(PALETTES.light)};
  background:var(--cf-canvas);color:var(--cf-text);font:${FONT_NAME}}
:host([hidden]){display:none}
@media (prefers-color-scheme:dark){:host(:not([theme="light"])){color-scheme:dark;${variables(PALETTES.dark)}}}
:host([theme="dark"]){color-scheme:dark;${variables(PALETTES.dark)}}
.canvas{display:block;inline-size:100%;block-size:100%;touch-action:none;cursor:grab;user-select:none;-webkit-user-select:none}
.canvas:active{cursor:grabbing}
.canvas text{font:${FONT_NAME};fill:var(--cf-text);direction:ltr;unicode-bidi:isolate}
.state,.over{--fill:var(--cf-paper);--edge:var(--cf-border);cursor:pointer;outline:none}
${STATUS_RULES}
.state>.shape{fill:var(--fill);stroke:var(--edge);stroke-width:1.2}
.state[data-status]:not([data-status="notReached"])>.shape{stroke-width:1.8}
.box>.shape{fill:var(--cf-box)}
.box[data-status]:not([data-status="notReached"])>.shape{fill:color-mix(in srgb,var(--fill) 45%,var(--cf-canvas))}
.end>.shape{fill:var(--cf-text);stroke:var(--cf-text)}
.canvas .over.end>text{fill:var(--cf-canvas);text-anchor:middle;font-size:12px}
.icon{fill:none;stroke:var(--cf-quiet);stroke-width:1.5;stroke-linecap:round;stroke-linejoin:round}
.badge{display:none}
[data-status]:not([data-status="notReached"])>.badge{display:inline}
.badge>rect{fill:var(--edge)}
.badge>path{fill:none;stroke:var(--cf-canvas);stroke-width:1.8;stroke-linecap:round;stroke-linejoin:round}
.canvas .badge>text{fill:var(--cf-canvas);font-size:11px;font-weight:700}
.lane{fill:var(--cf-canvas);stroke:var(--cf-border);stroke-dasharray:3 3;opacity:.75}
.line>path{fill:none;stroke:var(--cf-line);stroke-width:1.4}
.line>.head{fill:var(--cf-line);stroke:none}
.line.caught>path{stroke:var(--cf-error);stroke-dasharray:5 3}
.line.caught>.head{fill:var(--cf-error);stroke:none}
.canvas .label,.canvas .chip text,.canvas .more{font:${FONT_LABEL};fill:var(--cf-quiet)}
.canvas .label.caught,.canvas .chip text{fill:var(--cf-error)}
.replayed .line:not(.taken){opacity:.5}
.line.taken>path{stroke-width:2.4;stroke:var(--cf-text)}
.line.taken>.head{fill:var(--cf-text)}
.line.caught.taken>path{stroke:var(--cf-error)}
.line.caught.taken>.head{fill:var(--cf-error)}
.chip{cursor:pointer}
.chip>rect{fill:var(--cf-canvas);stroke:var(--cf-error);stroke-dasharray:4 2}
.mark{fill:var(--cf-line)}
.circle{fill:var(--cf-canvas);stroke:var(--cf-line)}
.canvas .number{font:${FONT_LABEL};text-anchor:middle}
.ring{display:none;fill:none;stroke:var(--cf-accent);stroke-width:2}
.selected>.ring,.found>.ring{display:inline}
.found>.ring{stroke-dasharray:4 3}
.state:focus-visible>.ring{display:inline;stroke-width:3.5;stroke-dasharray:none}
.selected>.ring{stroke-width:3;stroke-dasharray:none}
.over{pointer-events:none}
.toggle{fill:transparent;stroke:none;pointer-events:all;cursor:pointer}
.toggle+path{fill:none;stroke:var(--cf-quiet);stroke-width:1.6;pointer-events:none}
.tools{position:absolute;inset-block-start:8px;inset-inline-end:8px;display:flex;gap:4px;align-items:center}
.tools button,.tools input{box-sizing:border-box;min-inline-size:32px;block-size:32px;margin:0;padding:0 8px;border:1px solid var(--cf-border);
  border-radius:6px;background:var(--cf-paper);color:var(--cf-text);font:${FONT_NAME}}
.tools input{inline-size:150px}
.tools button{cursor:pointer}
.tools :focus-visible{outline:2px solid var(--cf-accent);outline-offset:1px}
@media (pointer:coarse){.tools button,.tools input{min-inline-size:44px;block-size:44px}}
.map{position:absolute;inset-block-end:8px;inset-inline-end:8px;background:var(--cf-canvas);border:1px solid var(--cf-border);border-radius:6px;
  cursor:pointer;touch-action:none;max-inline-size:40%;max-block-size:40%}
.map path{fill:var(--cf-line);stroke:none}
.map .bad{fill:var(--cf-failed-edge)}
.map .busy{fill:var(--cf-running-edge)}
.map rect{fill:none;stroke:var(--cf-accent);vector-effect:non-scaling-stroke;stroke-width:2}
.map[hidden],.tools[hidden]{display:none}
.hidden{position:absolute;inline-size:1px;block-size:1px;overflow:hidden;clip-path:inset(50%);white-space:nowrap}
.empty{position:absolute;inset:0;display:grid;place-items:center;margin:0;color:var(--cf-quiet);pointer-events:none}
.empty[hidden]{display:none}
@media (prefers-reduced-motion:no-preference){
  [data-status="running"]>.badge,[data-status="retrying"]>.badge{animation:cf-pulse 1.6s ease-in-out infinite}
  @keyframes cf-pulse{50%{opacity:.55}}
}
@media (forced-colors:active){
  :host{--cf-canvas:Canvas;--cf-paper:Canvas;--cf-box:Canvas;--cf-border:CanvasText;--cf-line:CanvasText;--cf-text:CanvasText;
    --cf-quiet:CanvasText;--cf-error:CanvasText;--cf-accent:Highlight}
  .canvas,.map{forced-color-adjust:none}
  .state[data-status],.over[data-status]{--fill:Canvas;--edge:CanvasText}
  .replayed .line:not(.taken){opacity:1;stroke-dasharray:1 3}
  .tools button,.tools input{border-color:ButtonText}
}
@media print{.tools,.map{display:none}}
`;
