// The page: everything put together.

import { groups, switches } from "./controls.js";
import { curveFromIntervals, excludes, frontier, loadCurve } from "./curves.js";
import { byId, html, lowered } from "./dom.js";
import { editor, hasServer } from "./live.js";
import { shown } from "./numbers.js";
import { decodePayload } from "./payload.js";
import { Plane, couplingText } from "./plane.js";
import { pointPanel } from "./point.js";
import { recipePanel } from "./recipe.js";
import { csvText, pngBlob, save, svgText } from "./save.js";
import { effect, quality, settingsFrom, slidersPanel } from "./sliders.js";
import { feldmanCousinsUpper } from "./statistics.js";
import { HOME, fromFragment, toFragment } from "./state.js";
import { curveTable } from "./table.js";
import { CountTable, recompute } from "./whatif.js";

/**
 * @typedef {import("./curves.js").Curve} Curve
 * @typedef {import("./plane.js").Drawn} Drawn
 */

const ORDER = ["e", "mu", "tau", "universal", "coherent"];
const DASH = /** @type {Record<string, string>} */ ({ exclusion: "", projection: "7 4", roi: "2 3", line: "1 4" });

class Page {
  /** @param {import("./payload.js").Dataset} data */
  constructor(data) {
    this.data = data;
    const found = new Set(data.header.curves.map((c) => c.flavor));
    this.flavors = ORDER.filter((f) => found.has(f));
    this.state = fromFragment(location.hash, this.flavors);
    /** @type {Map<number, Curve>} */
    this.loaded = new Map();
    /** @type {Map<string, CountTable | null>} */
    this.tables = new Map();
    /** @type {Curve | null} */
    this.changed = null;
    /** @type {{curve: Curve, title: string} | null} */
    this.edited = null;
    /** @type {Curve[]} */
    this.visible = [];
    /** @type {number | undefined} */
    this.timer = undefined;
    this.plane = new Plane(byId("plot"), {
      onView: (view) => { this.state.view = [...view]; this.later(); },
      onPick: (curve, x, y) => this.pick(curve, x, y),
      describe: (curve, x, y) => this.describe(curve, x, y),
    });
    this.plane.muB = data.header.muB;
    this.buttons();
    this.pointForm();
    if (hasServer()) byId("live-body").replaceChildren(editor(() => ({ key: this.state.selected, flavor: this.state.flavor, nature: this.state.nature }), (curve, title) => {
      this.edited = curve ? { curve, title } : null;
      this.draw();
    }));
    addEventListener("hashchange", () => {
      if (location.hash.slice(1) === toFragment(this.state)) return;
      this.state = fromFragment(location.hash, this.flavors);
      this.everything();
    });
    this.everything();
    if (data.header.failures.length) byId("failures").append(html("details", {}, html("summary", {}, `${data.header.failures.length} curves could not be computed`), html("ul", {}, ...data.header.failures.map((f) => html("li", {}, f)))));
  }

  /** @param {Partial<import("./state.js").State>} change */
  set(change) {
    Object.assign(this.state, change);
    this.everything();
  }

  everything() {
    const { state } = this, active = document.activeElement, id = active instanceof HTMLElement ? active.id : "";
    if (state.theme === "auto") delete document.documentElement.dataset.theme; else document.documentElement.dataset.theme = state.theme;
    const open = new Set(Array.from(document.querySelectorAll("#groups details[open]"), (d) => d.getAttribute("data-family")));
    byId("switches").replaceChildren(switches(state, this.flavors, (change) => this.set(change)));
    byId("groups").replaceChildren(groups(state, this.data.header, new Set(this.candidates().map((c) => c.key)), (off) => this.set({ off }), (key) => this.open(key)));
    for (const details of document.querySelectorAll("#groups details")) if (open.has(details.getAttribute("data-family"))) details.setAttribute("open", "");
    this.plane.unit = state.unit;
    this.plane.massUnit = state.massUnit;
    this.plane.massFactor = state.massUnit === "MeV" ? 3 : 0;
    this.plane.view = [...state.view];
    this.draw();
    this.recipe();
    this.whatif();
    this.point();
    if (id) document.getElementById(id)?.focus();
  }

  /** Curves of this flavour and nature under default assumptions, sorted so that strong ones are on top. */
  candidates() {
    const { flavor, nature } = this.state;
    return this.curves((c) => c.flavor === flavor && c.nature === nature && c.preset === "default");
  }

  /**
   * @param {(record: import("./payload.js").CurveRecord) => boolean} wanted
   * @returns {Curve[]}
   */
  curves(wanted) {
    /** @type {Curve[]} */
    const found = [];
    this.data.header.curves.forEach((record, index) => {
      if (!wanted(record)) return;
      const curve = this.loaded.get(index) ?? loadCurve(this.data, index);
      this.loaded.set(index, curve);
      found.push(curve);
    });
    return found;
  }

  /** @param {string} key */
  about(key) {
    return this.data.header.experiments[key];
  }

  draw() {
    const { state } = this;
    const allowed = this.candidates().filter((c) => !state.off.has(c.key) && (state.projections || c.kind !== "projection")
      && (state.lines || c.kind !== "line") && (state.sky || !this.about(c.key).sky));
    const edge = frontier(allowed, state.view);
    const some = state.frontier ? allowed.filter((c) => edge.has(c.key)) : allowed;
    this.visible = some;
    const rank = (/** @type {Curve} */ c) => (c.key === state.selected ? 0 : edge.has(c.key) ? 1 : 2);
    /** @type {Drawn[]} */
    const drawn = [...some].sort((a, b) => rank(b) - rank(a)).map((curve) => this.drawnAs(curve, edge));
    for (const curve of this.presetCurves()) drawn.push({ ...this.drawnAs(curve, edge), name: `${this.about(curve.key).short}: ${curve.preset}`, dash: "3 2", width: 1.8, faint: false, label: true });
    if (this.changed) drawn.push(overlay(this.changed, `${this.about(this.changed.key).short}: what if`));
    if (this.edited) drawn.push(overlay(this.edited.curve, this.edited.title));
    this.plane.dots = this.publishedDots(some);
    this.plane.point = state.point ? [Math.log10(state.point.m), Math.log10(state.point.d)] : null;
    this.plane.chosen = state.selected;
    this.plane.setCurves(drawn, allowed.filter((c) => c.kind === "exclusion" || c.kind === "roi"));
    this.plane.root.setAttribute("aria-label", `Plane of mass and coupling, ${state.flavor}, ${state.nature} N: ${some.length} curves. Arrow keys move, plus and minus zoom, n and p step through the curves, Enter opens one.`);
    byId("count").textContent = `${some.length} curves`;
    this.later();
  }

  /**
   * @param {Curve} curve
   * @param {Set<string>} edge
   * @returns {Drawn}
   */
  drawnAs(curve, edge) {
    const e = this.about(curve.key), strong = edge.has(curve.key) || curve.key === this.state.selected;
    return { curve, name: e.short, color: e.color, dash: DASH[curve.kind] ?? "", width: strong ? 1.6 : 1,
      faint: !strong, label: this.state.names && strong };
  }

  presetCurves() {
    const { presets, flavor } = this.state;
    return presets.size ? this.curves((c) => c.flavor === flavor && c.nature === "dirac" && presets.has(`${c.key}:${c.preset}`)) : [];
  }

  /**
   * @param {Curve[]} curves
   * @returns {{x: number, y: number, filled: boolean}[]}
   */
  publishedDots(curves) {
    const { state, data } = this, keys = new Set(curves.map((c) => c.key));
    const checks = data.header.checks.filter((c) => c.flavor === state.flavor && ((state.published && keys.has(c.key)) || c.key === state.selected));
    return checks.flatMap((c) => Array.from(data.arrays[c.masses], (m, i) => ({ x: Math.log10(Math.max(m, 1.25e-6)), y: Math.log10(data.arrays[c.published][i]), filled: false })));
  }

  /**
   * @param {Curve} curve
   * @param {number} x
   * @param {number} y
   * @returns {string}
   */
  describe(curve, x, y) {
    const e = this.data.header.experiments[curve.key], { state } = this;
    if (!e) return `${curve.key}: M = ${shown(10 ** x)} GeV, ${couplingText(10 ** y, this.data.header.muB, state.unit)}`;
    const level = curve.kind === "line" ? "estimate" : `${shown(100 * curve.cl)} % CL${curve.kind === "projection" ? " projection" : curve.kind === "roi" ? " region of interest" : ""}`;
    const preset = curve.preset === "default" ? "" : `, preset ${curve.preset}`;
    return `${e.title}${preset}\nM = ${shown(10 ** x)} GeV, ${couplingText(10 ** y, this.data.header.muB, state.unit)}\n${e.mechanism}\n${level}, ${e.basis}`;
  }

  /**
   * @param {Curve | null} curve
   * @param {number} x
   * @param {number} y
   */
  pick(curve, x, y) {
    const known = curve && this.data.header.experiments[curve.key] ? curve.key : "";
    if (known) {
      this.state.clicked = [x, y];
      this.open(known);
      return;
    }
    const energy = this.state.point?.e ?? Math.max(1, 10 ** (x + 1));
    this.set({ point: { m: Number((10 ** x).toPrecision(3)), d: Number((10 ** y).toPrecision(3)), e: energy } });
    byId("point").setAttribute("open", "");
  }

  /** @param {string} key */
  open(key) {
    if (this.state.selected !== key) this.state.whatif = {};
    this.state.selected = key;
    this.everything();
    const title = document.getElementById("recipe-title");
    title?.focus({ preventScroll: !matchMedia("(max-width: 760px)").matches });
  }

  /**
   * @param {string} key
   * @returns {CountTable | null}
   */
  table(key) {
    const name = `${key} ${this.state.flavor}`;
    if (!this.tables.has(name)) {
      const record = this.data.header.tables.find((t) => t.key === key && t.flavor === this.state.flavor);
      this.tables.set(name, record ? new CountTable(this.data, record) : null);
    }
    return this.tables.get(name) ?? null;
  }

  recipe() {
    const { state, data } = this, key = state.selected, experiment = data.header.experiments[key], host = byId("recipe");
    host.hidden = !experiment;
    byId("hint").hidden = Boolean(experiment);
    if (!experiment) return host.replaceChildren();
    const at = state.clicked ? { m: 10 ** state.clicked[0], d: 10 ** state.clicked[1] } : state.point;
    const records = data.header.curves.filter((c) => c.key === key && c.flavor === state.flavor && c.nature === "dirac");
    host.replaceChildren(recipePanel({ key, experiment, checks: data.header.checks.filter((c) => c.key === key), bibtex: data.header.bibtex, muB: data.header.muB,
      unit: state.unit, flavor: state.flavor, at, table: this.table(key), presets: state.presets, hasPreset: (preset) => records.some((c) => c.preset === preset),
      onPreset: (preset, on) => {
        if (on) state.presets.add(`${key}:${preset}`); else state.presets.delete(`${key}:${preset}`);
        this.draw();
      },
      onClose: () => this.set({ selected: "", clicked: null, whatif: {} }) }));
  }

  whatif() {
    const { state, data } = this, key = state.selected, host = byId("whatif-body"), experiment = data.header.experiments[key];
    this.changed = null;
    if (!experiment) return host.replaceChildren(html("p", { class: "note" }, "Choose a curve: searches that count events have sliders for exposure, background, threshold, efficiency, systematic errors and confidence level."));
    const table = this.table(key);
    if (!table || table.record.rule === "none") return host.replaceChildren(html("p", { class: "note" }, `${experiment.title}: no sliders, ${table?.record.reason || "its limit does not come from one table of counts"}.`));
    const text = html("p", { role: "status", id: "whatif-text" });
    const base = recompute(table, settingsFrom(table, experiment.cl, {}, state.nature)).map((some, m) => table.within(m, some));
    const update = () => {
      const begun = performance.now(), settings = settingsFrom(table, experiment.cl, state.whatif, state.nature);
      const next = recompute(table, settings).map((some, m) => table.within(m, some));
      this.changed = Object.keys(state.whatif).length ? curveFromIntervals({ key, flavor: state.flavor, nature: state.nature, preset: "default", kind: "projection", cl: settings.cl }, table.masses, next) : null;
      host.dataset.milliseconds = (performance.now() - begun).toFixed(1);
      text.textContent = this.changed ? effect(table, base, next, data.header.muB, state.unit) : "Move a slider; the new limit is drawn dashed beside the card's.";
      this.draw();
    };
    const panel = slidersPanel(table, experiment.cl, state.whatif, (name, value) => {
      if (value === null) delete state.whatif[name]; else state.whatif[name] = value;
      update();
    });
    host.replaceChildren(html("p", { class: "note" }, `${experiment.title}, ${state.flavor}. ${quality(table, state.nature)}`), panel, text,
      html("button", { type: "button", onclick: () => { state.whatif = {}; this.whatif(); this.draw(); } }, "Back to the card"));
    if (Object.keys(state.whatif).length) update(); else text.textContent = "Move a slider; the new limit is drawn dashed beside the card's.";
  }

  pointForm() {
    const form = byId("point-form");
    form.addEventListener("submit", (event) => event.preventDefault());
    form.addEventListener("input", () => {
      const value = (/** @type {string} */ name) => Number(/** @type {HTMLInputElement} */ (byId(name)).value);
      const [m, coupling, e] = [value("point-m"), value("point-c"), value("point-e")];
      const factor = this.state.massUnit === "MeV" ? 1e-3 : 1, muB = this.state.unit === "mu" ? this.data.header.muB : 1;
      if (!(m > 0 && coupling > 0 && e > 0)) return;
      this.state.point = { m: m * factor, d: coupling / muB, e };
      this.point(true);
      this.draw();
    });
  }

  /** @param {boolean} [typed] leave the fields alone */
  point(typed = false) {
    const { state, data } = this, host = byId("point-result"), p = state.point;
    byId("point-m-unit").textContent = `Mass [${state.massUnit}]`;
    byId("point-c-unit").replaceChildren(...lowered(state.unit === "mu" ? "μ [μ_B]" : "d [GeV⁻¹]"));
    if (!p) return host.replaceChildren(html("p", { class: "note" }, "Click an empty place of the plane, or type a point."));
    if (!typed) {
      const text = (/** @type {number} */ v) => String(Number(v.toPrecision(4)));
      /** @type {HTMLInputElement} */ (byId("point-m")).value = text(p.m * (state.massUnit === "MeV" ? 1e3 : 1));
      /** @type {HTMLInputElement} */ (byId("point-c")).value = text(p.d * (state.unit === "mu" ? data.header.muB : 1));
      /** @type {HTMLInputElement} */ (byId("point-e")).value = text(p.e);
    }
    host.replaceChildren(pointPanel(data, p, state.nature, state.unit, this.candidates(), (key) => { state.clicked = [Math.log10(p.m), Math.log10(p.d)]; this.open(key); }));
  }

  buttons() {
    const click = (/** @type {string} */ id, /** @type {() => void} */ action) => byId(id).addEventListener("click", action);
    click("zoom-in", () => this.plane.zoom(1.5));
    click("zoom-out", () => this.plane.zoom(1 / 1.5));
    click("zoom-home", () => this.plane.change([...HOME]));
    const name = () => `nudipole-${this.state.flavor}-${this.state.nature}`;
    const shownCurves = () => [...this.visible, ...this.presetCurves(), ...(this.changed ? [{ ...this.changed, preset: "what-if" }] : []), ...(this.edited ? [{ ...this.edited.curve, key: "edited-card" }] : [])];
    click("save-svg", () => save(`${name()}.svg`, new Blob([svgText(this.plane.root)], { type: "image/svg+xml" })));
    click("save-png", async () => save(`${name()}.png`, await pngBlob(this.plane.root)));
    click("save-csv", () => save(`${name()}.csv`, new Blob([csvText(shownCurves(), this.data.header.muB)], { type: "text/csv" })));
    click("save-bib", () => {
      const wanted = new Set(this.visible.flatMap((c) => this.about(c.key).references)), { bibtex } = this.data.header;
      save(`${name()}.bib`, new Blob([[...wanted].sort().map((r) => bibtex[r]).filter((t) => t).join("\n\n") + "\n"], { type: "application/x-bibtex" }));
    });
    const table = byId("table");
    table.addEventListener("toggle", () => this.later());
  }

  /** What need not happen at every frame: the fragment and the table. */
  later() {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => {
      const fragment = toFragment(this.state);
      if (fragment !== location.hash.slice(1)) history.replaceState(null, "", `#${fragment}`);
      if (!byId("table").hasAttribute("open")) return;
      const rank = (/** @type {Curve} */ c) => this.about(c.key).title;
      byId("table-body").replaceChildren(curveTable([...this.visible].sort((a, b) => rank(a).localeCompare(rank(b))), this.data.header.experiments, this.data.header.muB, this.state.unit, this.state.point?.m ?? null, (key) => this.open(key)));
    }, 120);
  }

  /**
   * The what-if of a table, for tests.
   * @param {number} index
   * @param {import("./whatif.js").Settings} settings
   */
  recomputed(index, settings) {
    return recompute(new CountTable(this.data, this.data.header.tables[index]), settings);
  }

  /**
   * For tests.
   * @param {number} seen
   * @param {number} background
   * @param {number} cl
   */
  feldmanCousins(seen, background, cl) {
    return feldmanCousinsUpper(seen, background, cl);
  }

  /**
   * Keys of the exclusions at a point, for tests.
   * @param {number} m
   * @param {number} d
   * @returns {string[]}
   */
  excluding(m, d) {
    return this.candidates().filter((c) => c.kind === "exclusion" && excludes(c, Math.log10(m), Math.log10(d))).map((c) => c.key);
  }
}

/**
 * @param {Curve} curve
 * @param {string} name
 * @returns {Drawn}
 */
function overlay(curve, name) {
  return { curve, name, color: "var(--ink)", dash: "8 4", width: 2.6, faint: false, label: true };
}

async function start() {
  try {
    const data = await decodePayload(byId("data").textContent ?? "");
    const page = new Page(data);
    document.documentElement.dataset.ready = "yes";
    Object.assign(window, { nudipole: page });
  } catch (error) {
    byId("count").textContent = `The data of this page cannot be read (${error instanceof Error ? error.message : error}). A browser from 2023 or later is needed.`;
    throw error;
  }
}

void start();
