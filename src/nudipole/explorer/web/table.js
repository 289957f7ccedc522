// The picture as a table, for reading and for screen readers.

import { intervalsAt } from "./curves.js";
import { html } from "./dom.js";
import { shown } from "./numbers.js";
import { strongest } from "./plane.js";

/**
 * @param {import("./curves.js").Curve[]} curves
 * @param {Record<string, import("./payload.js").Experiment>} experiments
 * @param {number} muB
 * @param {string} unit
 * @param {number | null} mass GeV of the point, for one more column
 * @param {(key: string) => void} onOpen
 * @returns {HTMLElement}
 */
export function curveTable(curves, experiments, muB, unit, mass, onOpen) {
  const factor = unit === "mu" ? muB : 1, name = unit === "mu" ? "μ [μ_B]" : "d [GeV⁻¹]";
  const heads = ["experiment", "kind", "CL", "masses [GeV]", `strongest ${name}`, "at M [GeV]", ...(mass === null ? [] : [`excluded ${name} at M = ${shown(mass)} GeV`])];
  const rows = curves.map((c) => {
    const best = strongest(c);
    const low = Math.min(...c.regions.map((r) => r.x[0])), high = Math.max(...c.regions.map((r) => r.x[r.x.length - 1]));
    const cells = [c.kind, c.kind === "line" ? "–" : `${shown(100 * c.cl)} %`, `${shown(10 ** low, 2)} – ${shown(10 ** high, 2)}`, shown(factor * 10 ** best.y), shown(10 ** best.x)];
    if (mass !== null) cells.push(intervalsAt(c, Math.log10(mass)).map(([a, b]) => `${shown(factor * 10 ** a)} – ${Number.isFinite(b) ? shown(factor * 10 ** b) : "∞"}`).join("; ") || "nothing");
    return html("tr", {}, html("th", { scope: "row" }, html("button", { type: "button", class: "link", onclick: () => onOpen(c.key) }, experiments[c.key].title)), ...cells.map((t) => html("td", {}, t)));
  });
  return html("table", {}, html("caption", {}, `${curves.length} curves in the picture`), html("thead", {}, html("tr", {}, ...heads.map((t) => html("th", { scope: "col" }, t)))), html("tbody", {}, ...rows));
}
