// What is shown, and the same as a URL fragment.

/**
 * @typedef {{m: number, d: number, e: number}} Point mass and energy of N [GeV], coupling d [GeV^-1]
 * @typedef {{flavor: string, nature: string, unit: string, massUnit: string, off: Set<string>, projections: boolean, sky: boolean,
 *   lines: boolean, frontier: boolean, published: boolean, names: boolean, theme: string, view: number[],
 *   selected: string, presets: Set<string>, point: Point | null, clicked: [number, number] | null, whatif: Record<string, number>}} State
 */

const SWITCHES = /** @type {const} */ (["projections", "sky", "lines", "frontier", "published", "names"]);
/** log10 of mass/GeV and d GeV from and to: what is shown first. */
export const HOME = [-6, 2.6, -12.4, -2.6];

/** @returns {State} */
export function initialState() {
  return { flavor: "mu", nature: "dirac", unit: "mu", massUnit: "GeV", off: new Set(), projections: true, sky: true, lines: true, frontier: false,
    published: false, names: true, theme: "auto", view: [...HOME], selected: "", presets: new Set(), point: null, clicked: null, whatif: {} };
}

/**
 * The state as text: only what differs from the start.
 * @param {State} state
 * @returns {string}
 */
export function toFragment(state) {
  const first = initialState(), parts = new URLSearchParams();
  for (const name of /** @type {const} */ (["flavor", "nature", "unit", "massUnit", "theme", "selected"])) if (state[name] !== first[name]) parts.set(name, state[name]);
  for (const name of SWITCHES) if (state[name] !== first[name]) parts.set(name, state[name] ? "1" : "0");
  if (state.off.size) parts.set("off", [...state.off].sort().join(","));
  if (state.presets.size) parts.set("presets", [...state.presets].sort().join(","));
  if (state.view.some((v, i) => Math.abs(v - HOME[i]) > 1e-3)) parts.set("view", state.view.map((v) => v.toFixed(3)).join(","));
  if (state.point) parts.set("point", [state.point.m, state.point.d, state.point.e].map((v) => String(Number(v.toPrecision(5)))).join(","));
  if (state.clicked) parts.set("at", state.clicked.map((v) => v.toFixed(3)).join(","));
  const changed = Object.entries(state.whatif).filter(([, v]) => Number.isFinite(v));
  if (changed.length) parts.set("whatif", changed.map(([name, v]) => `${name}:${Number(v.toPrecision(4))}`).join(","));
  return parts.toString();
}

/**
 * The state of a fragment; what it does not say, or says wrongly, stays as it is at the start.
 * @param {string} fragment
 * @param {string[]} flavors
 * @returns {State}
 */
export function fromFragment(fragment, flavors) {
  const state = initialState(), parts = new URLSearchParams(fragment.replace(/^#/, ""));
  const pick = (/** @type {string} */ name, /** @type {string[]} */ allowed, /** @type {string} */ otherwise) => (allowed.includes(parts.get(name) ?? "") ? String(parts.get(name)) : otherwise);
  const numbers = (/** @type {string} */ name, /** @type {number} */ count) => {
    const found = (parts.get(name) ?? "").split(",").map(Number);
    return found.length === count && parts.has(name) && found.every(Number.isFinite) ? found : null;
  };
  state.flavor = pick("flavor", flavors, flavors.includes(state.flavor) ? state.flavor : flavors[0]);
  state.nature = pick("nature", ["dirac", "majorana"], state.nature);
  state.unit = pick("unit", ["mu", "d"], state.unit);
  state.massUnit = pick("massUnit", ["GeV", "MeV"], state.massUnit);
  state.theme = pick("theme", ["auto", "light", "dark"], state.theme);
  state.selected = /^[a-z0-9-]*$/.test(parts.get("selected") ?? "") ? parts.get("selected") ?? "" : "";
  for (const name of SWITCHES) if (parts.has(name)) state[name] = parts.get(name) === "1";
  for (const name of /** @type {const} */ (["off", "presets"])) state[name] = new Set((parts.get(name) ?? "").split(",").filter((key) => /^[A-Za-z0-9._:-]+$/.test(key)));
  const view = numbers("view", 4);
  if (view && view[1] - view[0] > 0.02 && view[3] - view[2] > 0.02) state.view = view;
  const point = numbers("point", 3);
  if (point && point.every((v) => v > 0)) state.point = { m: point[0], d: point[1], e: point[2] };
  const at = numbers("at", 2);
  if (at) state.clicked = [at[0], at[1]];
  for (const entry of (parts.get("whatif") ?? "").split(",")) {
    const [name, value] = entry.split(":");
    if (["exposure", "background", "efficiency", "systematic", "threshold", "cl"].includes(name) && Number.isFinite(Number(value))) state.whatif[name] = Number(value);
  }
  return state;
}
