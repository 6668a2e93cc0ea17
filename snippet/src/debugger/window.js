// @ts-check
// The window at the lower left: closed to the page, usable by keyboard and on a phone.
import { drawing, make, sheet } from "../elements.js";
import { interceptsSection, timingSection, visitorSection } from "./sections.js";
import { STYLE } from "./style.js";

const DOWN = "M6 9l6 6 6-6";
const CROSS = "M6 6l12 12M18 6L6 18";
const NARROW_PX = 480;

/**
 * Open the window; later reports of the same page view replace what it shows.
 * @param {import("./types").Report} report
 * @returns {import("./types").Debugger}
 */
export function open(report) {
  const host = document.createElement("askwell-debugger");
  const shadow = host.attachShadow({ mode: "closed" });
  shadow.adoptedStyleSheets = [sheet(STYLE)];
  const frame = make("div", "window");
  frame.setAttribute("role", "region");
  frame.setAttribute("aria-label", "Askwell debugger");
  const title = make("h2", "", "Askwell debugger");
  const body = make("div", "body");
  const small = button("Fold", DOWN);
  const shut = button("Close the debugger", CROSS);
  const header = make("div", "header");
  header.append(title, small, shut);
  frame.append(header, body);
  shadow.append(frame);
  /** @type {Set<string>} */
  const unfolded = new Set();
  let last = report;

  const fold = (/** @type {boolean} */ folded) => {
    frame.classList.toggle("small", folded);
    small.setAttribute("aria-expanded", String(!folded));
  };
  const close = () => host.remove();
  const attach = () => {
    document.documentElement.append(host);
    frame.popover = "manual";
    frame.showPopover?.();
  };
  const update = (/** @type {import("./types").Report} */ next) => {
    last = next;
    if (!host.isConnected && next.answer === null && next.marks.length < 2) attach(); // another evaluation begins
    const focused = shadow.activeElement instanceof HTMLElement ? shadow.activeElement.dataset.key : undefined;
    const { scrollTop } = body;
    title.replaceChildren("Askwell debugger", make("small", "", summary(next)));
    body.replaceChildren(
      visitorSection(next),
      interceptsSection(next, unfolded),
      timingSection(next),
      receiptRow(() => last),
    );
    body.scrollTop = scrollTop;
    const again = focused && body.querySelector(`[data-key="${CSS.escape(focused)}"]`);
    if (again instanceof HTMLElement) again.focus({ preventScroll: true });
  };

  small.addEventListener("click", () => fold(!frame.classList.contains("small")));
  shut.addEventListener("click", close);
  frame.addEventListener("keydown", (event) => event.key === "Escape" && close());
  for (const name of ["click", "keydown", "keypress", "keyup"]) {
    host.addEventListener(name, (event) => event.stopPropagation());
  }
  fold(innerWidth <= NARROW_PX);
  attach();
  update(report);
  return { update, close };
}

/** @param {import("./types").Report} report */
function summary({ project, answer, failure, claims }) {
  if (failure) return "nothing shown";
  if (!answer) return project;
  const refused = new Set(claims.filter((claim) => !claim.granted).map((claim) => claim.intercept));
  const shown = answer.decisions.filter((each) => each.reason === "shown" && !refused.has(each.intercept)).length;
  return `${shown} of ${answer.decisions.length} shown · ${project}`;
}

/** @param {() => import("./types").Report} current */
function receiptRow(current) {
  const row = make("div", "footer");
  const copy = make("button", "", "Copy receipt");
  copy.dataset.key = "receipt";
  copy.disabled = !current().answer?.receipt;
  const said = make("span");
  said.setAttribute("role", "status");
  copy.addEventListener("click", async () => {
    const receipt = current().answer?.receipt ?? "";
    try {
      await navigator.clipboard.writeText(receipt);
      said.textContent = "Copied.";
    } catch {
      const area = make("textarea"); // the page forbids the clipboard: to be copied by hand
      area.readOnly = true;
      area.value = receipt;
      area.setAttribute("aria-label", "Receipt");
      row.replaceWith(area);
      area.select();
    }
  });
  row.append(copy, said);
  return row;
}

/** @param {string} label @param {string} path */
function button(label, path) {
  const made = make("button");
  made.setAttribute("aria-label", label);
  made.append(drawing(path));
  return made;
}
