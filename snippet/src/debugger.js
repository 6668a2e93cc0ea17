// @ts-check
// The debugger's window: why each intercept shows or does not. Loaded on request alone; docs/embedding.md.
export { open } from "./debugger/window.js";
