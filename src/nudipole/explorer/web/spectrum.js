// The signal over the background, bin by bin, at one point.

import { svg } from "./dom.js";
import { logTicks, shown } from "./numbers.js";

/**
 * @typedef {import("./whatif.js").CountTable} CountTable
 * @typedef {{name: string, values: number[]}} Layer
 */

/**
 * Counts in the bins of the data.
 * @param {CountTable} table
 * @param {number} mass GeV
 * @param {number} d GeV^-1
 * @returns {number[]}
 */
export function signalCounts(table, mass, d) {
  const fine = table.counts(mass, d), kept = table.kept(null);
  const sums = new Array(table.bins).fill(0);
  for (let s = 0; s < table.size; s++) sums[table.record.group[s]] += fine[s] * kept[s];
  return sums;
}

/**
 * A histogram with a logarithmic axis: backgrounds as steps, the signal on top, data as points.
 * @param {CountTable} table
 * @param {number} mass
 * @param {number} d
 * @param {string} color
 * @returns {SVGSVGElement}
 */
export function spectrumPicture(table, mass, d, color) {
  const width = 360, height = 210, left = 46, right = 8, top = 8, bottom = 34;
  const signal = signalCounts(table, mass, d), n = table.bins;
  const background = new Array(n).fill(0);
  for (const [, values] of table.components) values.forEach((v, b) => { background[b] += v; });
  const total = signal.map((v, b) => v + Math.max(background[b], 0));
  const errors = (/** @type {number} */ b) => (table.sigma[b] > 0 ? table.sigma[b] : Math.sqrt(table.observed ? Math.max(table.observed[b], 0) : 0));
  const values = [...total, ...background, ...(table.observed ? Array.from(table.observed, (v, b) => v + errors(b)) : [])].filter((v) => v > 0);
  const high = Math.log10(Math.max(...values, 1)) + 0.25;
  const low = Math.max(Math.log10(Math.min(...total.filter((v) => v > 0), 10 ** high)) - 0.3, high - 4);
  const edges = table.dataEdges.length === n + 1 ? Array.from(table.dataEdges) : Array.from({ length: n + 1 }, (_, i) => i);
  const wide = edges[0] > 0 && edges[n] / edges[0] > 30;
  const place = (/** @type {number} */ v) => (wide ? Math.log(v) : v);
  const toX = (/** @type {number} */ v) => left + ((place(v) - place(edges[0])) / (place(edges[n]) - place(edges[0]))) * (width - left - right);
  const toY = (/** @type {number} */ v) => height - bottom - ((Math.log10(Math.max(v, 1e-99)) - low) / (high - low)) * (height - top - bottom);
  const clipY = (/** @type {number} */ v) => Math.min(Math.max(toY(v), top), height - bottom);
  const steps = (/** @type {number[]} */ counts) => counts.map((v, b) => `${b ? "L" : "M"}${toX(edges[b]).toFixed(1)} ${clipY(v).toFixed(1)}H${toX(edges[b + 1]).toFixed(1)}`).join("");
  const close = (/** @type {string} */ text) => `${text}V${height - bottom}H${left}Z`;
  const parts = [
    svg("path", { class: "bar signal", d: close(steps(total)), fill: color }),
    svg("path", { class: "bar background", d: close(steps(background)) }),
    svg("path", { class: "step", d: steps(total), stroke: color, fill: "none" }),
  ];
  if (table.observed) {
    table.observed.forEach((v, b) => {
      const x = (toX(edges[b]) + toX(edges[b + 1])) / 2;
      if (v + errors(b) <= 0) return;
      parts.push(svg("path", { class: "datum", d: `M${x} ${clipY(v + errors(b))}V${clipY(Math.max(v - errors(b), 1e-99))}` }));
      if (v > 0) parts.push(/** @type {any} */ (svg("circle", { class: "datum", cx: x, cy: clipY(v), r: n > 60 ? 1.2 : 2.2 })));
    });
  }
  for (const tick of logTicks(low, high, 5)) {
    if (!tick.major) continue;
    const y = toY(10 ** tick.value);
    parts.push(/** @type {any} */ (svg("line", { x1: left, x2: left + 4, y1: y, y2: y })), /** @type {any} */ (svg("text", { x: left - 4, y: y + 4, "text-anchor": "end" }, tick.label)));
  }
  for (const value of xTicks(edges, wide)) {
    parts.push(/** @type {any} */ (svg("line", { x1: toX(value), x2: toX(value), y1: height - bottom, y2: height - bottom - 4 })),
      /** @type {any} */ (svg("text", { x: toX(value), y: height - bottom + 14, "text-anchor": "middle" }, shown(value, 3))));
  }
  parts.push(/** @type {any} */ (svg("text", { x: (left + width - right) / 2, y: height - 4, "text-anchor": "middle" }, axisName(table.record.axis))),
    /** @type {any} */ (svg("text", { transform: `translate(11 ${height / 2 - 10}) rotate(-90)`, "text-anchor": "middle" }, "counts per bin")),
    /** @type {any} */ (svg("rect", { class: "frame", x: left, y: top, width: width - left - right, height: height - top - bottom })));
  const sum = signal.reduce((a, v) => a + v, 0);
  const name = `Spectrum: ${shown(sum)} signal events over ${shown(background.reduce((a, v) => a + v, 0))} expected without signal, in ${n} ${n === 1 ? "bin" : "bins"}.`;
  return svg("svg", { class: "spectrum", viewBox: `0 0 ${width} ${height}`, role: "img", "aria-label": name }, ...parts);
}

/**
 * @param {number[]} edges
 * @param {boolean} wide
 * @returns {number[]}
 */
function xTicks(edges, wide) {
  const low = edges[0], high = edges[edges.length - 1];
  if (wide) return logTicks(Math.log10(low), Math.log10(high), 6).filter((t) => t.major).map((t) => 10 ** t.value);
  const raw = (high - low) / 4, size = 10 ** Math.floor(Math.log10(raw));
  const step = [1, 2, 5, 10].map((k) => k * size).find((s) => s >= raw) ?? raw;
  const found = [];
  for (let v = Math.ceil(low / step) * step; v <= high + 1e-9 * step; v += step) found.push(Number(v.toPrecision(6)));
  return found;
}

/**
 * @param {string} axis
 * @returns {string}
 */
function axisName(axis) {
  if (["eV", "keV", "MeV", "GeV"].includes(axis)) return `energy  [${axis}]`;
  return axis === "1" || axis === "count" ? "bin" : axis;
}
