// Recompute with an edited card: only where the page comes from `nudipole explore`.

import { curveFromIntervals } from "./curves.js";
import { byId, html } from "./dom.js";

/**
 * @typedef {import("./curves.js").Curve} Curve
 * @typedef {{field: string, message: string}} Fault
 */

/** @returns {string} the token of the server, empty if the page is a file */
export function serverToken() {
  return document.querySelector('meta[name="nudipole-token"]')?.getAttribute("content") ?? "";
}

/**
 * Ask the server.
 * @param {string} path
 * @param {object | null} body
 * @returns {Promise<any>}
 */
async function ask(path, body) {
  const options = body === null ? {} : { method: "POST", headers: { "Content-Type": "application/json", "X-Nudipole-Token": serverToken() }, body: JSON.stringify(body) };
  const answer = await fetch(path, options);
  return await answer.json();
}

/**
 * The editor.
 * @param {() => {key: string, flavor: string, nature: string}} current
 * @param {(curve: Curve | null, text: string) => void} onCurve
 * @returns {HTMLElement}
 */
export function editor(current, onCurve) {
  const area = html("textarea", { id: "card-text", spellcheck: "false", rows: 18, "aria-label": "Experiment card (TOML)" });
  const status = html("div", { id: "card-status", role: "status" });
  const preset = html("input", { id: "card-preset", value: "default", "aria-label": "preset" });
  const load = html("button", { type: "button", onclick: async () => {
    const { key } = current();
    status.textContent = key ? "" : "Choose a curve first.";
    if (!key) return;
    const found = await ask(`/api/card?key=${encodeURIComponent(key)}`, null).catch(() => ({ errors: [{ field: "server", message: "does not answer" }] }));
    if (found.errors) return report(status, found.errors);
    area.value = found.toml;
    status.textContent = `${key}: the shipped card. Edit it and run.`;
  } }, "Load card");
  const stop = html("button", { type: "button", disabled: true }, "Stop");
  const run = html("button", { type: "button", id: "card-run", onclick: async () => {
    const { flavor, nature } = current();
    run.disabled = true;
    stop.disabled = false;
    status.textContent = "Computing…";
    const job = String(Date.now());
    stop.onclick = () => void ask("/api/cancel", { job }).catch(() => null);
    try {
      const found = await ask("/api/limit", { toml: area.value, flavor, nature, preset: preset.value, job });
      if (found.errors) {
        report(status, found.errors);
        selectLine(area, found.errors);
      } else {
        const curve = curveFromIntervals({ key: "edited card", flavor, nature, preset: "default", kind: found.kind, cl: found.cl }, found.masses, found.excluded);
        status.textContent = `${found.title}: ${found.masses.length} masses in ${found.seconds.toFixed(2)} s; drawn thick and dashed beside the shipped curve.`;
        for (const text of found.warnings) status.append(html("p", { class: "note" }, text));
        onCurve(curve, found.title);
      }
    } catch {
      report(status, [{ field: "server", message: "does not answer" }]);
    } finally {
      run.disabled = false;
      stop.disabled = true;
    }
  } }, "Run");
  const clear = html("button", { type: "button", onclick: () => onCurve(null, "") }, "Remove curve");
  return html("div", {}, html("p", { class: "row" }, load, run, stop, clear, html("label", {}, "preset ", preset)), area, status);
}

/**
 * @param {HTMLElement} status
 * @param {Fault[]} faults
 */
function report(status, faults) {
  const rows = faults.map((f) => html("li", {}, html("code", {}, f.field), " ", f.message));
  status.replaceChildren(html("p", {}, faults.length === 1 ? "One error:" : `${faults.length} errors:`), html("ul", { class: "errors" }, ...rows));
}

/**
 * Put the cursor on the line of the first field at fault.
 * @param {HTMLTextAreaElement} area
 * @param {Fault[]} faults
 */
function selectLine(area, faults) {
  const name = faults[0]?.field.split(".").pop()?.replace(/\[.*/, "") ?? "";
  const line = /line (\d+)/.exec(faults[0]?.message ?? "");
  const lines = area.value.split("\n");
  const index = line ? Number(line[1]) - 1 : lines.findIndex((l) => name !== "" && l.trim().startsWith(name));
  if (index < 0 || index >= lines.length) return;
  const start = lines.slice(0, index).reduce((a, l) => a + l.length + 1, 0);
  area.focus();
  area.setSelectionRange(start, start + lines[index].length);
}

/** Show the editor where there is a server. */
export function hasServer() {
  byId("live").hidden = serverToken() === "";
  return serverToken() !== "";
}
