// A point of one's own: width, lifetime, decay length, and which searches exclude it.

import { excludes, intervalsAt } from "./curves.js";
import { html } from "./dom.js";
import { interpolate, shown, withUnit } from "./numbers.js";
import { couplingText } from "./plane.js";

/**
 * @typedef {import("./curves.js").Curve} Curve
 * @typedef {import("./payload.js").Dataset} Dataset
 * @typedef {import("./state.js").Point} Point
 */

/**
 * Total width [GeV], share of nu gamma, lifetime [s] and decay length [m] at energy e.
 * @param {Dataset} data
 * @param {Point} point
 * @param {string} nature
 * @returns {{width: number, photon: number, lifetime: number, length: number}}
 */
export function decay(data, point, nature) {
  const w = data.header.widths, masses = data.arrays[w.masses];
  const at = Math.log(point.m), logs = Float64Array.from(masses, (m) => Math.log(m));
  const over = Math.exp(interpolate(logs, Float64Array.from(data.arrays[w.overCube], (v) => Math.log(v)), at));
  const width = over * point.m ** 3 * point.d ** 2 * (nature === "majorana" ? 2 : 1);
  const momentum = point.e > point.m ? Math.sqrt((point.e - point.m) * (point.e + point.m)) : 0;
  return { width, photon: interpolate(logs, data.arrays[w.photon], at), lifetime: 1 / (width * w.second), length: (momentum / (point.m * width)) * w.hbarc };
}

/**
 * @param {Dataset} data
 * @param {Point} point
 * @param {string} nature
 * @param {string} unit
 * @param {Curve[]} curves of the flavour and nature, all of them
 * @param {(key: string) => void} onOpen
 * @returns {HTMLElement}
 */
export function pointPanel(data, point, nature, unit, curves, onOpen) {
  const d = decay(data, point, nature), x = Math.log10(point.m), y = Math.log10(point.d);
  const facts = [
    ["coupling", couplingText(point.d, data.header.muB, unit)],
    ["total width", `${shown(d.width)} GeV`],
    ["N → ν γ", `${shown(100 * d.photon)} %`],
    ["lifetime at rest", withUnit(d.lifetime, "s")],
    ["decay length", point.e > point.m ? `${withUnit(d.length, "m")} at E = ${shown(point.e)} GeV` : "the energy is below the mass"],
  ];
  const hit = (/** @type {string} */ kind) => curves.filter((c) => c.kind === kind && excludes(c, x, y));
  const excluded = hit("exclusion"), reach = hit("projection");
  const list = (/** @type {Curve[]} */ some) => html("ul", { class: "keys" }, ...some.map((c) => html("li", {}, html("button", { type: "button", class: "link", onclick: () => onOpen(c.key) }, data.header.experiments[c.key].short), margin(c, x, y))));
  return html("div", {}, html("dl", { class: "wide" }, ...facts.flatMap(([name, value]) => [html("dt", {}, name), html("dd", {}, value)])),
    html("p", { role: "status" }, excluded.length ? `Excluded by ${excluded.length}:` : "Not excluded by any search here."), excluded.length ? list(excluded) : null,
    reach.length ? html("p", {}, `Within the reach of ${reach.length} projected:`) : null, reach.length ? list(reach) : null);
}

/**
 * How far inside the excluded region the point lies, as a factor in d above its lower edge.
 * @param {Curve} curve
 * @param {number} x
 * @param {number} y
 * @returns {string}
 */
function margin(curve, x, y) {
  const found = intervalsAt(curve, x).find(([low, high]) => y >= low && y <= high);
  return found ? ` ×${shown(10 ** (y - found[0]), 2)}` : "";
}
