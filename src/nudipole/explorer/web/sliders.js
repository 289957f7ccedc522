// The what-if panel: sliders, what each change means, and the new limit.

import { html } from "./dom.js";
import { interpolate, shown } from "./numbers.js";
import { couplingText } from "./plane.js";

/**
 * @typedef {import("./whatif.js").CountTable} CountTable
 * @typedef {import("./whatif.js").Settings} Settings
 * @typedef {{name: "exposure" | "background" | "efficiency" | "systematic" | "threshold" | "cl", label: string, low: number, high: number,
 *   start: number, log: boolean, show: (value: number) => string, off: string, exact: string}} Slider
 */

/**
 * The sliders of one table; `off` says why one cannot move, `exact` how good the change is.
 * @param {CountTable} table
 * @param {number} cl of the card
 * @returns {Slider[]}
 */
export function slidersOf(table, cl) {
  const { record } = table, count = record.rule === "allowed", gaussian = table.sigma.some((s) => s > 0);
  const times = (/** @type {number} */ v) => `× ${shown(v)}`, low = table.edges[0], high = table.dataEdges[table.dataEdges.length - 1];
  const levels = table.levels, fixed = count && levels.length > 0 && table.allowed.every((a) => a === table.allowed[0]);
  const start = record.threshold ? table.dataEdges[0] : 0, divided = table.size > table.bins;
  const photons = table.photonEdges, energy = record.photons ? record.photons[2] : 0;
  const grows = record.follows || count ? "exact" : "exact for a data set that keeps its distance to the expectation";
  const flat = divided ? "approximate: the background is taken as flat in energy, the efficiency as that of the card" : "exact at bin edges, approximate between them";
  return [
    { name: "exposure", label: "Exposure", low: 0.01, high: 100, start: 1, log: true, show: times, off: "",
      exact: count ? "approximate where there is background: the number of allowed events stays" : gaussian ? "approximate: errors are taken as statistical" : grows },
    { name: "background", label: "Background", low: 0.01, high: 100, start: 1, log: true, show: times, off: count ? "the card only states how many events are allowed" : "",
      exact: gaussian ? "approximate: errors grow as its square root" : "exact for its mean; its uncertainty stays the same fraction" },
    { name: "efficiency", label: "Efficiency", low: 0.05, high: 5, start: 1, log: true, show: times, off: "", exact: "exact, alike at all energies" },
    { name: "systematic", label: "Systematic errors", low: 0, high: 5, start: 1, log: false, show: times,
      off: record.rule !== "profile" ? "this limit has no systematic errors" : (record.pulls ?? []).every(([, free]) => free) ? "there are no constrained pulls" : "",
      exact: "exact for errors on rates, to first order for those on the response" },
    record.photons ? { name: "threshold", label: "Photon threshold [GeV]", low: photons[0], high: photons[photons.length - 2], start: energy, log: true, show: (v) => `${shown(v)} GeV`,
      off: "", exact: "approximate: photons are spread in energy as at the card's lower edge, and the background stays" } : { name: "threshold", label: `Threshold [${record.axis}]`, low: Math.max(low, 1e-3 * high), high: 0.9 * high, start, log: true, show: (v) => `${shown(v)} ${record.axis}`,
      off: record.threshold && start > 0 ? "" : "this search does not count in one energy from a threshold on", exact: flat },
    { name: "cl", label: "Confidence level", low: 0.68, high: 0.995, start: cl, log: false, show: (v) => `${shown(100 * v)} %`,
      off: fixed || (count && levels.length < 2) ? "the card gives one number of events for its own level" : "",
      exact: count ? "interpolated between tabulated levels" : record.rule === "profile" ? "exact (asymptotic)" : "exact" },
  ];
}

/**
 * @param {CountTable} table
 * @param {number} cl
 * @param {Record<string, number>} changed
 * @param {string} nature
 * @returns {Settings}
 */
export function settingsFrom(table, cl, changed, nature) {
  /** @type {Settings} */
  const settings = { cl, exposure: 1, background: 1, efficiency: 1, systematic: 1, threshold: null, majorana: nature === "majorana" };
  for (const slider of slidersOf(table, cl)) {
    const value = changed[slider.name];
    if (slider.off === "" && value !== undefined) settings[slider.name] = Math.min(Math.max(value, slider.low), slider.high);
  }
  return settings;
}

/**
 * @param {CountTable} table
 * @param {number} cl
 * @param {Record<string, number>} changed
 * @param {(name: string, value: number | null) => void} onChange
 * @returns {HTMLElement}
 */
export function slidersPanel(table, cl, changed, onChange) {
  const rows = slidersOf(table, cl).map((slider) => {
    const value = changed[slider.name] ?? slider.start, id = `slide-${slider.name}`;
    if (slider.off) return html("div", { class: "slider off" }, html("span", {}, slider.label), html("small", {}, `fixed: ${slider.off}`));
    const toPlace = (/** @type {number} */ v) => (slider.log ? Math.log(v / slider.low) / Math.log(slider.high / slider.low) : (v - slider.low) / (slider.high - slider.low));
    const fromPlace = (/** @type {number} */ p) => (slider.log ? slider.low * (slider.high / slider.low) ** p : slider.low + p * (slider.high - slider.low));
    const output = html("output", { for: id }, slider.show(value));
    const input = html("input", { type: "range", id, min: 0, max: 1, step: 0.002, "aria-describedby": `${id}-how`, "aria-valuetext": slider.show(value), oninput: (event) => {
      const next = fromPlace(Number(event.target.value)), near = Math.abs(toPlace(next) - toPlace(slider.start)) < 0.004 ? slider.start : next;
      output.textContent = slider.show(near);
      event.target.setAttribute("aria-valuetext", slider.show(near));
      onChange(slider.name, near === slider.start ? null : near);
    } });
    input.value = String(toPlace(value));
    return html("div", { class: "slider" }, html("label", { for: id }, slider.label), output, input, html("small", { id: `${id}-how` }, slider.exact));
  });
  return html("div", {}, ...rows);
}

/**
 * How good the table is for a Majorana N, and where the effective theory cuts.
 * @param {CountTable} table
 * @param {string} nature
 * @returns {string}
 */
export function quality(table, nature) {
  const { record } = table, first = shown(table.masses[0]), last = shown(table.masses[table.masses.length - 1]);
  const kind = nature !== "majorana" ? "Dirac N" : record.photons || (table.ends !== null && !table.survival.length)
    ? "Majorana N, approximate: decays twice as fast, its photons spread as those of a Dirac N" : "Majorana N, exact: decays twice as fast";
  const [s, ratio] = record.operator, most = 1 / (ratio * Math.sqrt(Math.max(s, table.masses[0] ** 2)));
  return `${kind}. Default assumptions, ${first} to ${last} GeV. Limits end at d = ${shown(most)} GeV⁻¹ (1/M for heavier N): above, collisions resolve the operator.`;
}

/**
 * What the change does, in words: at the mass where the card's limit is strongest.
 * @param {CountTable} table
 * @param {import("./whatif.js").Intervals[]} before
 * @param {import("./whatif.js").Intervals[]} after
 * @param {number} muB
 * @param {string} unit
 * @returns {string}
 */
export function effect(table, before, after, muB, unit) {
  const edge = (/** @type {import("./whatif.js").Intervals} */ some) => some.find(([low]) => low > 0)?.[0] ?? NaN;
  let best = -1;
  before.forEach((some, m) => { if (Number.isFinite(edge(some)) && !(best >= 0 && edge(before[best]) <= edge(some))) best = m; });
  if (best < 0) return "The card excludes nothing here.";
  const mass = shown(table.masses[best]), was = edge(before[best]), is = edge(after[best]);
  if (!Number.isFinite(is)) return `At M = ${mass} GeV nothing is excluded any more.`;
  const ratios = before.map((some, m) => edge(after[m]) / edge(some)).filter((r) => Number.isFinite(r));
  return `At M = ${mass} GeV: ${couplingText(is, muB, unit)}, ${shown(is / was)} of the card's limit; ${shown(Math.min(...ratios))} to ${shown(Math.max(...ratios))} over all masses.`;
}

/**
 * Lower edge of a curve of intervals at any mass, for the table.
 * @param {ArrayLike<number>} masses
 * @param {number[]} edges
 * @param {number} mass
 * @returns {number}
 */
export function edgeAt(masses, edges, mass) {
  return Math.exp(interpolate(Array.from(masses, Math.log), edges.map(Math.log), Math.log(mass)));
}
