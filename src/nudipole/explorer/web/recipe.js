// What one curve rests on: card, presets, published curves, citations, spectrum.

import { html } from "./dom.js";
import { shown } from "./numbers.js";
import { couplingText } from "./plane.js";
import { signalCounts, spectrumPicture } from "./spectrum.js";

/**
 * @typedef {import("./payload.js").Experiment} Experiment
 * @typedef {import("./payload.js").CheckRecord} CheckRecord
 * @typedef {{key: string, experiment: Experiment, checks: CheckRecord[], bibtex: Record<string, string>, muB: number, unit: string,
 *   flavor: string, at: {m: number, d: number} | null, table: import("./whatif.js").CountTable | null, presets: Set<string>,
 *   hasPreset: (preset: string) => boolean, onPreset: (preset: string, on: boolean) => void, onClose: () => void}} Shown
 */

const KINDS = /** @type {Record<string, string>} */ ({ exclusion: "excluded", projection: "projection", roi: "region of interest", line: "estimate" });

/**
 * @param {Shown} shownCurve
 * @returns {HTMLElement}
 */
export function recipePanel(shownCurve) {
  const { experiment: e, key } = shownCurve;
  const facts = [KINDS[e.kind] ?? e.kind, e.kind === "line" ? null : `${shown(100 * e.cl)} % CL`, e.basis, e.family];
  return html("article", { class: "recipe" },
    html("header", {}, html("h2", { id: "recipe-title", tabindex: -1 }, e.title), html("button", { type: "button", class: "quiet", "aria-label": "Close", onclick: shownCurve.onClose }, "✕")),
    html("p", { class: "facts" }, html("code", {}, key), ...facts.filter((f) => f !== null).map((f) => html("span", {}, f))),
    e.summary ? html("p", {}, e.summary) : null,
    html("p", {}, html("strong", {}, "How N is seen: "), e.mechanism, "."),
    spectrumPart(shownCurve),
    publishedPart(shownCurve),
    presetPart(shownCurve),
    e.shortcuts.length ? html("section", {}, html("h3", {}, "Shortcuts"), html("ul", {}, ...e.shortcuts.map((s) => html("li", {}, s)))) : null,
    html("section", {}, html("h3", {}, "Recipe"), ...e.sections.map(([name, rows]) => section(name, rows))),
    citationPart(shownCurve));
}

/**
 * @param {string} name
 * @param {string[][]} rows
 * @returns {HTMLElement}
 */
function section(name, rows) {
  const open = ["source", "target", "exposure", "matter", "selection"].includes(name);
  const list = html("dl", {}, ...rows.flatMap(([field, value]) => [html("dt", {}, field), html("dd", {}, value)]));
  const details = html("details", {}, html("summary", {}, name), list);
  details.open = open;
  return details;
}

/**
 * @param {Shown} s
 * @returns {HTMLElement | null}
 */
function spectrumPart(s) {
  if (s.at === null) return null;
  const where = `M = ${shown(s.at.m)} GeV, ${couplingText(s.at.d, s.muB, s.unit)}`;
  if (s.table === null) return html("section", {}, html("h3", {}, "Spectrum"), html("p", { class: "note" }, `No counts are tabulated for this one (${where}): it sets its limit another way.`));
  const signal = signalCounts(s.table, s.at.m, s.at.d).reduce((a, v) => a + v, 0);
  const parts = s.table.components.map(([name, values]) => `${name} ${shown(values.reduce((a, v) => a + v, 0))}`);
  const seen = s.table.observed ? `, observed ${shown(s.table.observed.reduce((a, v) => a + v, 0), 4)}` : "";
  return html("section", {}, html("h3", {}, "Spectrum at the point"), html("p", { class: "note" }, where, ", Dirac N, default assumptions"),
    spectrumPicture(s.table, s.at.m, s.at.d, s.experiment.color),
    html("p", { class: "note" }, `signal ${shown(signal)}; ${parts.join(", ")}${seen}`));
}

/**
 * @param {Shown} s
 * @returns {HTMLElement | null}
 */
function publishedPart(s) {
  const rows = s.checks.map((c) => {
    const [median, low, high] = c.ratio.map((v) => (v === null ? "–" : shown(v)));
    return html("tr", {}, html("td", {}, c.source), html("td", {}, c.flavor), html("td", {}, c.preset), html("td", {}, `${median} (${low} to ${high})`), html("td", {}, c.verdict));
  });
  const notes = [...new Set(s.checks.map((c) => c.note).filter((n) => n))];
  const silent = s.experiment.published.filter(([source]) => !s.checks.some((c) => c.source === source)).map(([source, note]) => [source, note].filter((t) => t).join(": ")).filter((t) => t);
  if (!rows.length && !silent.length) return null;
  const head = html("tr", {}, ...["published", "flavour", "preset", "ours / theirs in d", "verdict"].map((t) => html("th", { scope: "col" }, t)));
  return html("section", {}, html("h3", {}, "Published curves"),
    rows.length ? html("div", { class: "scroll", tabindex: 0, role: "region", "aria-label": "Published curves" }, html("table", {}, html("thead", {}, head), html("tbody", {}, ...rows))) : null,
    ...notes.map((n) => html("p", { class: "note" }, n)), ...silent.map((n) => html("p", { class: "note" }, n)));
}

/**
 * @param {Shown} s
 * @returns {HTMLElement | null}
 */
function presetPart(s) {
  if (!s.experiment.presets.length) return null;
  const entries = s.experiment.presets.map(([name, about]) => {
    const drawable = s.hasPreset(name);
    const box = html("input", { type: "checkbox", disabled: !drawable, onchange: (event) => s.onPreset(name, event.target.checked) });
    box.checked = s.presets.has(`${s.key}:${name}`);
    return html("li", {}, html("label", {}, box, html("code", {}, name)), about ? ` ${about}` : "", drawable ? "" : html("em", {}, " (no curve for this flavour)"));
  });
  return html("section", {}, html("h3", {}, "Presets"), html("p", { class: "note" }, "Published sets of assumptions; tick one to draw its curve (Dirac N, the flavour of its publication)."), html("ul", { class: "plain" }, ...entries));
}

/**
 * @param {Shown} s
 * @returns {HTMLElement}
 */
function citationPart(s) {
  const text = s.experiment.references.map((r) => s.bibtex[r]).filter((t) => t).join("\n\n");
  return html("section", {}, html("h3", {}, "Cite"), html("p", { class: "facts" }, ...s.experiment.references.map((r) => html("code", {}, r))),
    text ? html("details", {}, html("summary", {}, "BibTeX"), html("pre", { tabindex: 0, role: "region", "aria-label": "BibTeX" }, text)) : null);
}
