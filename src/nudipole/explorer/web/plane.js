// The plane: axes, curves, names, zoom, hover. Paths are made once; a new view only changes one transform.

import { UNIT, nearest } from "./curves.js";
import { html, svg, loweredSvg } from "./dom.js";
import { logTicks, shown } from "./numbers.js";

/**
 * @typedef {import("./curves.js").Curve} Curve
 * @typedef {{curve: Curve, name: string, color: string, dash: string, width: number, faint: boolean, label: boolean}} Drawn
 * @typedef {{x: number, y: number, filled: boolean}} Dot
 */

const REACH = 24; // pixels within which a curve is meant

export class Plane {
  /**
   * @param {HTMLElement} host
   * @param {{onView: (view: number[]) => void, onPick: (curve: Curve | null, x: number, y: number) => void,
   *   describe: (curve: Curve, x: number, y: number) => string}} handlers
   */
  constructor(host, handlers) {
    this.host = host;
    this.handlers = handlers;
    /** @type {Drawn[]} */
    this.drawn = [];
    /** @type {Dot[]} */
    this.dots = [];
    this.view = [-6, 2, -12, -3];
    this.muB = 1;
    this.unit = "mu";
    this.massFactor = 0;
    this.massUnit = "GeV";
    this.width = 900;
    this.height = 600;
    /** @type {[number, number] | null} */
    this.point = null;
    this.focused = -1;
    this.chosen = "";
    const found = host.querySelector("svg");
    this.root = /** @type {SVGSVGElement} */ (found ?? svg("svg"));
    this.root.replaceChildren();
    if (!found) host.prepend(this.root);
    this.tip = html("div", { class: "tip", role: "status", hidden: true });
    host.append(this.tip);
    this.clip = svg("rect");
    this.grid = svg("g", { class: "grid" });
    this.fills = svg("g", { class: "fills" });
    this.strokes = svg("g", { class: "strokes" });
    this.marks = svg("g", { class: "marks" });
    this.labels = svg("g", { class: "names", "aria-hidden": "true" });
    this.axes = svg("g", { class: "axes" });
    this.frame = svg("rect", { class: "frame", fill: "none" });
    const inner = svg("g", { "clip-path": "url(#inside)" }, this.grid, this.fills, this.strokes, this.marks, this.labels);
    this.root.append(svg("defs", {}, svg("clipPath", { id: "inside" }, this.clip)), inner, this.frame, this.axes);
    this.listen();
    new ResizeObserver(() => this.measure()).observe(host);
    this.measure();
  }

  measure() {
    const box = this.host.getBoundingClientRect();
    if (box.width < 50 || box.height < 50) return;
    this.width = Math.round(box.width);
    this.height = Math.round(box.height);
    this.root.setAttribute("viewBox", `0 0 ${this.width} ${this.height}`);
    this.redraw();
  }

  get inset() {
    const narrow = this.width < 520;
    return { left: narrow ? 58 : 62, right: narrow ? 54 : 62, top: 12, bottom: narrow ? 40 : 46 };
  }

  /** @param {number} x */
  toX(x) {
    const { left, right } = this.inset;
    return left + ((x - this.view[0]) / (this.view[1] - this.view[0])) * (this.width - left - right);
  }

  /** @param {number} y */
  toY(y) {
    const { top, bottom } = this.inset;
    return top + ((this.view[3] - y) / (this.view[3] - this.view[2])) * (this.height - top - bottom);
  }

  /** @param {number} px */
  fromX(px) {
    const { left, right } = this.inset;
    return this.view[0] + ((px - left) / (this.width - left - right)) * (this.view[1] - this.view[0]);
  }

  /** @param {number} py */
  fromY(py) {
    const { top, bottom } = this.inset;
    return this.view[3] - ((py - top) / (this.height - top - bottom)) * (this.view[3] - this.view[2]);
  }

  /**
   * New curves.
   * @param {Drawn[]} drawn
   * @param {Curve[]} filled whose area is shaded, drawn or not
   */
  setCurves(drawn, filled) {
    this.drawn = drawn;
    this.focused = -1;
    this.fills.replaceChildren(...filled.map((c) => svg("path", { class: `fill ${c.kind}`, d: c.fill, "data-key": c.key })));
    this.strokes.replaceChildren(...drawn.map((c) => svg("path", { class: `curve ${c.curve.kind}${c.faint ? " faint" : ""}`, d: c.curve.stroke, "data-key": c.curve.key,
      style: `--c: ${c.color}`, "stroke-width": c.width, "stroke-dasharray": c.dash || null, "vector-effect": "non-scaling-stroke" }, svg("title", {}, c.name))));
    this.highlight(this.chosen);
    this.redraw();
  }

  /**
   * @param {number[]} view
   */
  setView(view) {
    this.view = [...view];
    this.redraw();
  }

  /** Axes, transform, marks and names. */
  redraw() {
    const { left, right, top, bottom } = this.inset, { width, height, view } = this;
    const box = { x: left, y: top, width: width - left - right, height: height - top - bottom };
    for (const rect of [this.clip, this.frame]) for (const [name, value] of Object.entries(box)) rect?.setAttribute(name, String(value));
    const sx = box.width / (view[1] - view[0]) / UNIT, sy = box.height / (view[3] - view[2]) / UNIT;
    const transform = `matrix(${sx} 0 0 ${sy} ${left - view[0] * UNIT * sx} ${top + view[3] * UNIT * sy})`;
    this.fills.setAttribute("transform", transform);
    this.strokes.setAttribute("transform", transform);
    this.drawAxes();
    this.drawMarks();
    this.drawNames();
  }

  drawAxes() {
    const { left, right, top, bottom } = this.inset, { width, height, view } = this;
    const shift = Math.log10(this.muB), narrow = width < 520;
    const main = this.unit === "mu" ? shift : 0, other = this.unit === "mu" ? 0 : shift;
    const names = { mu: "μ = 2d  [μ_B]", d: "d  [GeV⁻¹]" };
    const parts = [], lines = [];
    for (const tick of logTicks(view[0] + this.massFactor, view[1] + this.massFactor, narrow ? 6 : 12)) {
      const x = this.toX(tick.value - this.massFactor);
      if (tick.major) lines.push(`M${x} ${top}V${height - bottom}`);
      parts.push(mark(x, height - bottom, x, height - bottom - (tick.major ? 7 : 4)), mark(x, top, x, top + (tick.major ? 7 : 4)));
      if (tick.label) parts.push(svg("text", { x, y: height - bottom + 17, "text-anchor": "middle" }, tick.label));
    }
    for (const [side, factor] of [[0, main], [1, other]]) {
      for (const tick of logTicks(view[2] + factor, view[3] + factor, narrow ? 8 : 12)) {
        const y = this.toY(tick.value - factor), x = side ? width - right : left, inward = (side ? -1 : 1) * (tick.major ? 7 : 4);
        if (tick.major && !side) lines.push(`M${left} ${y}H${width - right}`);
        parts.push(mark(x, y, x + inward, y));
        if (tick.label) parts.push(svg("text", { x: x + (side ? 6 : -6), y: y + 4, "text-anchor": side ? "start" : "end" }, tick.label));
      }
    }
    const middle = (top + height - bottom) / 2, first = this.unit === "mu" ? names.mu : names.d, second = this.unit === "mu" ? names.d : names.mu;
    parts.push(svg("text", { class: "title", x: (left + width - right) / 2, y: height - 6, "text-anchor": "middle" }, `Mass of N  [${this.massUnit}]`),
      svg("text", { class: "title", transform: `translate(${narrow ? 11 : 14} ${middle}) rotate(-90)`, "text-anchor": "middle" }, ...loweredSvg(first)),
      svg("text", { class: "title", transform: `translate(${width - (narrow ? 3 : 5)} ${middle}) rotate(-90)`, "text-anchor": "middle" }, ...loweredSvg(second)));
    this.axes.replaceChildren(...parts);
    this.grid.replaceChildren(svg("path", { d: lines.join("") }));
  }

  drawMarks() {
    const parts = this.dots.map((dot) => svg("circle", { class: "published", cx: this.toX(dot.x), cy: this.toY(dot.y), r: 3.2 }));
    if (this.point) {
      const x = this.toX(this.point[0]), y = this.toY(this.point[1]);
      parts.push(/** @type {any} */ (svg("path", { class: "point", d: `M${x - 9} ${y}H${x + 9}M${x} ${y - 9}V${y + 9}` })), svg("circle", { class: "point", cx: x, cy: y, r: 5 }));
    }
    this.marks.replaceChildren(...parts);
  }

  /** Names on curves, strongest first, each where it covers no other name. */
  drawNames() {
    const { left, right, top, bottom } = this.inset, small = this.width < 520 ? 10 : 11.5;
    /** @type {number[][]} */
    const taken = [];
    const parts = [];
    for (const item of this.drawn.filter((c) => c.label)) {
      const w = item.name.length * small * 0.56 + 6, h = small + 4;
      const spots = this.spots(item.curve);
      for (const [x, y] of spots) {
        const box = [x - w / 2, y - h, x + w / 2, y];
        if (box[0] < left + 2 || box[2] > this.width - right - 2 || box[1] < top + 2 || box[3] > this.height - bottom - 2) continue;
        if (taken.some((t) => box[0] < t[2] && box[2] > t[0] && box[1] < t[3] && box[3] > t[1])) continue;
        taken.push(box);
        const text = svg("text", { x, y: y - 4, "text-anchor": "middle", "data-key": item.curve.key }, item.name);
        text.style.setProperty("--c", item.color);
        text.style.fontSize = `${small}px`;
        parts.push(text);
        break;
      }
    }
    this.labels.replaceChildren(...parts);
  }

  /**
   * Places for a name [pixels, middle and bottom of the text]: along the lower edge, the lowest point first.
   * @param {Curve} curve
   * @returns {number[][]}
   */
  spots(curve) {
    const found = [];
    for (const region of curve.regions) {
      const last = region.x.length - 1;
      let low = 0;
      for (let i = 0; i <= last; i++) {
        if (region.x[i] > this.view[0] && region.x[i] < this.view[1] && (region.low[i] < region.low[low] || region.x[low] <= this.view[0])) low = i;
      }
      const places = [low];
      for (let k = 1; k <= 10; k++) places.push(Math.round((last * k) / 11));
      for (const i of places) {
        const x = this.toX(region.x[i]), y = this.toY(region.low[i]);
        found.push([x, y + 16], [x, y - 3]);
      }
    }
    return found;
  }

  /**
   * The curve near a place of the screen.
   * @param {number} px
   * @param {number} py
   */
  find(px, py) {
    const found = nearest(this.drawn.map((c) => c.curve), (x) => this.toX(x), (y) => this.toY(y), px, py);
    return found && found.distance <= REACH ? found : null;
  }

  /** @param {string} key */
  highlight(key) {
    for (const path of this.strokes.children) path.classList.toggle("on", key !== "" && path.getAttribute("data-key") === key);
    for (const text of this.labels.children) text.classList.toggle("on", key !== "" && text.getAttribute("data-key") === key);
  }

  /** @param {string} key */
  choose(key) {
    this.chosen = key;
    this.highlight(key);
  }

  /**
   * @param {string} text
   * @param {number} px
   * @param {number} py
   */
  say(text, px, py) {
    this.tip.textContent = text;
    this.tip.hidden = text === "";
    if (text === "") return;
    const size = this.tip.getBoundingClientRect();
    this.tip.style.left = `${Math.max(4, Math.min(px + 14, this.width - size.width - 4))}px`;
    this.tip.style.top = `${py + 16 + size.height > this.height ? Math.max(4, py - size.height - 10) : py + 16}px`;
  }

  /**
   * @param {number} factor above 1 to see less
   * @param {number} px
   * @param {number} py
   */
  zoom(factor, px = this.toX((this.view[0] + this.view[1]) / 2), py = this.toY((this.view[2] + this.view[3]) / 2)) {
    const x = this.fromX(px), y = this.fromY(py), [x0, x1, y0, y1] = this.view;
    const next = [x + (x0 - x) / factor, x + (x1 - x) / factor, y + (y0 - y) / factor, y + (y1 - y) / factor];
    if (next[1] - next[0] < 0.05 || next[1] - next[0] > 30 || next[3] - next[2] < 0.05 || next[3] - next[2] > 40) return;
    this.change(next);
  }

  /**
   * @param {number} dx decades
   * @param {number} dy
   */
  pan(dx, dy) {
    const [x0, x1, y0, y1] = this.view;
    this.change([x0 + dx, x1 + dx, y0 + dy, y1 + dy]);
  }

  /** @param {number[]} view */
  change(view) {
    this.setView(view);
    this.handlers.onView(this.view);
  }

  listen() {
    /** @type {Map<number, {x: number, y: number}>} */
    const down = new Map();
    let moved = 0;
    const place = (/** @type {PointerEvent | WheelEvent} */ event) => {
      const box = this.root.getBoundingClientRect();
      return { x: event.clientX - box.left, y: event.clientY - box.top };
    };
    const { root } = this;
    root.addEventListener("wheel", (event) => {
      event.preventDefault();
      const at = place(event);
      this.zoom(Math.exp(-0.0015 * event.deltaY), at.x, at.y);
    }, { passive: false });
    root.addEventListener("pointerdown", (event) => {
      down.set(event.pointerId, place(event));
      if (down.size === 1) moved = 0;
      root.setPointerCapture(event.pointerId);
    });
    root.addEventListener("pointermove", (event) => {
      const at = place(event), before = down.get(event.pointerId);
      if (!before) return this.hover(at.x, at.y);
      moved += Math.hypot(at.x - before.x, at.y - before.y);
      if (down.size === 1 && moved > 4) this.pan(this.fromX(before.x) - this.fromX(at.x), this.fromY(before.y) - this.fromY(at.y));
      if (down.size === 2) {
        const other = [...down].find(([id]) => id !== event.pointerId)?.[1] ?? at;
        const factor = Math.hypot(at.x - other.x, at.y - other.y) / Math.max(Math.hypot(before.x - other.x, before.y - other.y), 1);
        this.zoom(Math.min(Math.max(factor, 0.5), 2), (at.x + other.x) / 2, (at.y + other.y) / 2);
      }
      down.set(event.pointerId, at);
    });
    const up = (/** @type {PointerEvent} */ event) => {
      const at = place(event), single = down.size === 1;
      if (!down.delete(event.pointerId) || event.type !== "pointerup" || !single || moved > 4) return;
      const found = this.find(at.x, at.y);
      this.handlers.onPick(found ? found.curve : null, found ? found.x : this.fromX(at.x), found ? found.y : this.fromY(at.y));
    };
    root.addEventListener("pointerup", up);
    root.addEventListener("pointercancel", up);
    root.addEventListener("pointerleave", () => {
      this.say("", 0, 0);
      this.highlight(this.chosen);
    });
    root.addEventListener("keydown", (event) => this.key(event));
  }

  /**
   * @param {number} px
   * @param {number} py
   */
  hover(px, py) {
    const found = this.find(px, py);
    root_cursor(this.root, found !== null);
    this.highlight(found ? found.curve.key : this.chosen);
    this.say(found ? this.handlers.describe(found.curve, found.x, found.y) : "", px, py);
  }

  /** @param {KeyboardEvent} event */
  key(event) {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const [x0, x1, y0, y1] = this.view, dx = 0.1 * (x1 - x0), dy = 0.1 * (y1 - y0);
    /** @type {Record<string, () => void>} */
    const actions = {
      ArrowLeft: () => this.pan(-dx, 0), ArrowRight: () => this.pan(dx, 0), ArrowUp: () => this.pan(0, dy), ArrowDown: () => this.pan(0, -dy),
      "+": () => this.zoom(1.25), "=": () => this.zoom(1.25), "-": () => this.zoom(0.8), n: () => this.step(1), p: () => this.step(-1), Enter: () => this.pick(),
    };
    const action = actions[event.key];
    if (!action) return;
    event.preventDefault();
    action();
  }

  /**
   * The next curve, for the keyboard.
   * @param {number} by
   */
  step(by) {
    if (!this.drawn.length) return;
    this.focused = (this.focused + by + this.drawn.length) % this.drawn.length;
    const { curve } = this.drawn[this.focused], at = strongest(curve);
    this.highlight(curve.key);
    this.say(this.handlers.describe(curve, at.x, at.y), this.toX(at.x), this.toY(at.y));
  }

  pick() {
    if (this.focused < 0) return;
    const { curve } = this.drawn[this.focused], at = strongest(curve);
    this.handlers.onPick(curve, at.x, at.y);
  }
}

/**
 * Where a curve reaches the smallest coupling.
 * @param {Curve} curve
 * @returns {{x: number, y: number}}
 */
export function strongest(curve) {
  let best = { x: 0, y: Infinity };
  for (const region of curve.regions) region.low.forEach((y, i) => { if (y < best.y) best = { x: region.x[i], y }; });
  return best;
}

/**
 * @param {number} x1
 * @param {number} y1
 * @param {number} x2
 * @param {number} y2
 */
function mark(x1, y1, x2, y2) {
  return svg("line", { x1, y1, x2, y2 });
}

/**
 * @param {SVGElement} root
 * @param {boolean} near
 */
function root_cursor(root, near) {
  root.style.cursor = near ? "pointer" : "crosshair";
}

/**
 * A coupling in both conventions.
 * @param {number} d
 * @param {number} muB mu_B per GeV^-1
 * @param {string} unit the first
 * @returns {string}
 */
export function couplingText(d, muB, unit) {
  const mu = `μ = ${shown(d * muB)} μ_B`, own = `d = ${shown(d)} GeV⁻¹`;
  return unit === "mu" ? `${mu} (${own})` : `${own} (${mu})`;
}
