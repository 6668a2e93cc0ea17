// Runs in every host page before anything else and writes down what happens to it; read by page_guard.py.
(() => {
  if (window !== top) return;
  const globals = new Set(Object.getOwnPropertyNames(window));
  const pick = () => ({
    fetch,
    setTimeout,
    Promise,
    pushState: history.pushState,
    replaceState: history.replaceState,
    sendBeacon: navigator.sendBeacon,
    open: XMLHttpRequest.prototype.open,
    addEventListener: EventTarget.prototype.addEventListener,
    attachShadow: Element.prototype.attachShadow,
  });
  const builtins = pick();
  const seen = { shifts: [], errors: [] };
  addEventListener("error", (event) => event.message && seen.errors.push(`error: ${event.message}`), true);
  addEventListener("unhandledrejection", (event) => seen.errors.push(`rejection: ${event.reason}`));
  const observe = (type, note) =>
    new PerformanceObserver((list) => list.getEntries().forEach(note)).observe({ type, buffered: true });
  // The debugger's window and the demo's panel grow while they are told more; nothing else may move for it.
  const theirs = (node) => node?.getRootNode() !== document || Boolean(node.parentElement?.closest("aside.panel"));
  const told = () => document.querySelector("askwell-debugger, aside.panel");
  observe("layout-shift", (entry) => {
    if (entry.hadRecentInput || (told() && entry.sources.every(({ node }) => theirs(node)))) return;
    seen.shifts.push(entry.value);
  });
  const read = () => ({
    ...seen,
    globals: Object.getOwnPropertyNames(window).filter((name) => !globals.has(name)),
    changed: Object.entries(pick()).flatMap(([name, each]) => (each === builtins[name] ? [] : [name])),
  });
  Object.defineProperty(window, Symbol.for("e2e watched"), { value: read, configurable: true });
})();
