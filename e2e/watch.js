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
  const seen = { shifts: [], scripts: [], errors: [] };
  addEventListener("error", (event) => event.message && seen.errors.push(`error: ${event.message}`), true);
  addEventListener("unhandledrejection", (event) => seen.errors.push(`rejection: ${event.reason}`));
  const observe = (type, note) =>
    new PerformanceObserver((list) => list.getEntries().forEach(note)).observe({ type, buffered: true });
  // The debugger's own window grows while it is told more; nothing of the page may move for it.
  const ofPage = ({ sources }) => sources.some(({ node }) => node?.getRootNode() === document);
  observe("layout-shift", (entry) => {
    if (entry.hadRecentInput || (document.querySelector("askwell-debugger") && !ofPage(entry))) return;
    seen.shifts.push(entry.value);
  });
  observe("long-animation-frame", (entry) => {
    for (const { sourceURL, duration, invoker } of entry.scripts) seen.scripts.push([sourceURL, duration, invoker]);
  });
  const read = () => ({
    ...seen,
    globals: Object.getOwnPropertyNames(window).filter((name) => !globals.has(name)),
    changed: Object.entries(pick()).flatMap(([name, each]) => (each === builtins[name] ? [] : [name])),
  });
  Object.defineProperty(window, Symbol.for("e2e watched"), { value: read, configurable: true });
})();
