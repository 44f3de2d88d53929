// What the page and its views have in common. Each view imports this file: the bundle then has these in one file, and not
// in one for each combination of views.

import "../panel/kit.js";
import "../view/time.js";
import "./clock.js";
import "./dom.js";
import "./json.js";
import "./labels.js";
import "./problem.js";
import "./state.js";
import "./status.js";
