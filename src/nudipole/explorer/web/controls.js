// Switches: flavour, nature, units, what is shown, groups and single experiments.

import { html, lowered } from "./dom.js";

/**
 * @typedef {import("./state.js").State} State
 * @typedef {import("./payload.js").Header} Header
 */

const FLAVORS = /** @type {Record<string, string>} */ ({ e: "ν_e", mu: "ν_μ", tau: "ν_τ", universal: "universal", coherent: "coherent" });

/**
 * @param {string} legend
 * @param {string} name
 * @param {[string, string][]} options value and label
 * @param {string} current
 * @param {(value: string) => void} onChange
 * @returns {HTMLElement}
 */
function radios(legend, name, options, current, onChange) {
  return html("fieldset", { class: "segment" }, html("legend", {}, legend), html("div", {}, ...options.map(([value, label]) => {
    const input = html("input", { type: "radio", name, value, id: `${name}-${value}`, onchange: () => onChange(value) });
    input.checked = value === current;
    return html("span", {}, input, html("label", { for: input.id }, ...lowered(label)));
  })));
}

/**
 * @param {string} label
 * @param {boolean} on
 * @param {(on: boolean) => void} onChange
 * @returns {HTMLElement}
 */
function box(label, on, onChange) {
  const input = html("input", { type: "checkbox", onchange: (event) => onChange(event.target.checked) });
  input.checked = on;
  return html("label", { class: "box" }, input, html("span", {}, label));
}

/**
 * @param {State} state
 * @param {string[]} flavors
 * @param {(change: Partial<State>) => void} set
 * @returns {HTMLElement}
 */
export function switches(state, flavors, set) {
  const flag = (/** @type {"projections" | "sky" | "lines" | "frontier" | "published" | "names"} */ name, /** @type {string} */ label) => box(label, state[name], (on) => set({ [name]: on }));
  return html("div", {},
    radios("Flavour", "flavor", flavors.map((f) => [f, FLAVORS[f] ?? f]), state.flavor, (flavor) => set({ flavor })),
    radios("N is", "nature", [["dirac", "Dirac"], ["majorana", "Majorana"]], state.nature, (nature) => set({ nature })),
    radios("Coupling", "unit", [["mu", "μ = 2d [μ_B]"], ["d", "d [GeV⁻¹]"]], state.unit, (unit) => set({ unit })),
    radios("Mass", "massUnit", [["GeV", "GeV"], ["MeV", "MeV"]], state.massUnit, (massUnit) => set({ massUnit })),
    html("fieldset", { class: "boxes" }, html("legend", {}, "Show"), flag("projections", "projections"), flag("sky", "the sky"), flag("lines", "estimates of theory"),
      flag("frontier", "frontier only"), flag("published", "published curves"), flag("names", "names")),
    radios("Page", "theme", [["auto", "auto"], ["light", "light"], ["dark", "dark"]], state.theme, (theme) => set({ theme })));
}

/**
 * Groups and experiments, each with its switch.
 * @param {State} state
 * @param {Header} header
 * @param {Set<string>} present keys with a curve for this flavour and nature
 * @param {(off: Set<string>) => void} onOff
 * @param {(key: string) => void} onOpen
 * @returns {HTMLElement}
 */
export function groups(state, header, present, onOff, onOpen) {
  const parts = header.families.map(([family, color]) => {
    const keys = Object.keys(header.experiments).filter((key) => header.experiments[key].family === family && present.has(key));
    if (!keys.length) return null;
    const toggle = (/** @type {string[]} */ some, /** @type {boolean} */ on) => {
      const off = new Set(state.off);
      for (const key of some) if (on) off.delete(key); else off.add(key);
      onOff(off);
    };
    const on = keys.filter((key) => !state.off.has(key)).length;
    const all = html("input", { type: "checkbox", "aria-label": `all of ${family}`, onchange: (event) => toggle(keys, event.target.checked) });
    all.checked = on > 0;
    all.indeterminate = on > 0 && on < keys.length;
    const swatch = html("span", { class: "swatch" });
    swatch.style.background = color;
    const list = html("ul", { class: "plain" }, ...keys.map((key) => {
      const input = html("input", { type: "checkbox", "aria-label": `show ${header.experiments[key].short}`, onchange: (event) => toggle([key], event.target.checked) });
      input.checked = !state.off.has(key);
      return html("li", {}, input, html("button", { type: "button", class: "link", "aria-label": `recipe of ${header.experiments[key].short}`, onclick: () => onOpen(key) }, header.experiments[key].short));
    }));
    const details = html("details", { "data-family": family }, html("summary", {}, family, html("small", {}, ` ${on}/${keys.length}`)), list);
    return html("div", { class: "group" }, all, swatch, details);
  });
  return html("div", {}, ...parts);
}
