// @ts-check
// The demo shop's panel: what was decided about this page view, and why, in plain words.
import { foldable } from "./demo/fold.js";
import { open } from "./demo/panel.js";

foldable();
open();
