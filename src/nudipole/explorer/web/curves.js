// Curves as connected regions in log10(mass/GeV) and log10(d GeV), drawn as SVG paths in thousandths of a decade.

/**
 * @typedef {import("./payload.js").Dataset} Dataset
 * @typedef {{x: Float64Array, low: Float64Array, high: Float64Array | null, starts: boolean, stops: boolean}} Region
 * @typedef {{key: string, flavor: string, nature: string, preset: string, kind: string, cl: number, regions: Region[],
 *   lines: Float64Array[], stroke: string, fill: string}} Curve
 */

export const UNIT = 1000; // of paths, a decade
const CEILING = 3; // log10 of d where a region that is open above ends on paper

/**
 * @param {Dataset} data
 * @param {number} index of the curve
 * @returns {Curve}
 */
export function loadCurve(data, index) {
  const record = data.header.curves[index];
  const masses = data.arrays[record.masses];
  const regions = record.regions.map(([start, low, high, starts, stops]) => {
    const lower = data.arrays[low];
    return makeRegion(masses.subarray(start, start + lower.length), lower, high === null ? null : data.arrays[high], starts, stops);
  });
  return makeCurve(record, regions);
}

/**
 * A curve from excluded intervals at each mass that need no care about branches: a what-if, or a recomputed card.
 * @param {{key: string, flavor: string, nature: string, preset: string, kind: string, cl: number}} about
 * @param {ArrayLike<number>} masses
 * @param {[number, number | null][][]} excluded
 * @returns {Curve}
 */
export function curveFromIntervals(about, masses, excluded) {
  /** @type {Region[]} */
  const regions = [];
  const most = excluded.reduce((n, some) => Math.max(n, some.length), 0);
  for (let branch = 0; branch < most; branch++) {
    let begin = -1;
    for (let i = 0; i <= masses.length; i++) {
      const inside = i < masses.length && branch < excluded[i].length && excluded[i][branch][0] > 0;
      if (inside && begin < 0) begin = i;
      if (inside || begin < 0) continue;
      const part = excluded.slice(begin, i).map((some) => some[branch]);
      const mass = Array.from(masses).slice(begin, i);
      const high = part.some((p) => p[1] !== null) ? part.map((p) => (p[1] === null ? Infinity : p[1])) : null;
      regions.push(makeRegion(mass, part.map((p) => p[0]), high, begin > 0, true));
      begin = -1;
    }
  }
  return makeCurve(about, regions);
}

/**
 * @param {ArrayLike<number>} masses
 * @param {ArrayLike<number>} low
 * @param {ArrayLike<number> | null} high
 * @param {boolean} starts
 * @param {boolean} stops
 * @returns {Region}
 */
function makeRegion(masses, low, high, starts, stops) {
  return { x: logs(masses), low: logs(low), high: high === null ? null : logs(high), starts, stops };
}

/**
 * @param {ArrayLike<number>} values
 * @returns {Float64Array}
 */
function logs(values) {
  return Float64Array.from(values, (v) => Math.log10(v));
}

/**
 * @param {{key: string, flavor: string, nature: string, preset: string, kind: string, cl: number}} about
 * @param {Region[]} regions
 * @returns {Curve}
 */
function makeCurve(about, regions) {
  const lines = regions.flatMap((r) => outlines(r, about.kind === "line"));
  return { key: about.key, flavor: about.flavor, nature: about.nature, preset: about.preset, kind: about.kind, cl: about.cl,
    regions, lines, stroke: lines.map((line) => path(line)).join(""), fill: about.kind === "line" ? "" : regions.map(area).join("") };
}

/**
 * Polylines of the boundary, x and y alternating.
 * @param {Region} region
 * @param {boolean} lowOnly
 * @returns {Float64Array[]}
 */
function outlines(region, lowOnly) {
  const { x, low, high, starts, stops } = region;
  const top = (/** @type {number} */ i) => (high !== null && Number.isFinite(high[i]) ? high[i] : CEILING);
  /** @type {number[]} */
  const lower = [];
  if (starts && !lowOnly) lower.push(x[0], top(0));
  for (let i = 0; i < x.length; i++) lower.push(x[i], low[i]);
  if (stops && !lowOnly) lower.push(x[x.length - 1], top(x.length - 1));
  const found = [Float64Array.from(lower)];
  if (high === null || lowOnly) return found;
  let part = [];
  for (let i = 0; i <= x.length; i++) {
    if (i < x.length && Number.isFinite(high[i])) part.push(x[i], high[i]);
    else {
      if (part.length > 2) found.push(Float64Array.from(part));
      part = [];
    }
  }
  return found;
}

/**
 * @param {Float64Array} line
 * @returns {string}
 */
function path(line) {
  let text = "";
  for (let i = 0; i < line.length; i += 2) text += (i ? "L" : "M") + Math.round(UNIT * line[i]) + " " + Math.round(-UNIT * line[i + 1]);
  return text;
}

/**
 * @param {Region} region
 * @returns {string}
 */
function area(region) {
  const { x, low, high } = region;
  const points = [];
  for (let i = 0; i < x.length; i++) points.push(x[i], low[i]);
  for (let i = x.length - 1; i >= 0; i--) points.push(x[i], high !== null && Number.isFinite(high[i]) ? high[i] : CEILING);
  return path(Float64Array.from(points)) + "Z";
}

/**
 * Edges of the regions at one mass.
 * @param {Curve} curve
 * @param {number} x log10 of the mass
 * @returns {[number, number][]} log10 of d; infinite where open
 */
export function intervalsAt(curve, x) {
  /** @type {[number, number][]} */
  const found = [];
  for (const region of curve.regions) {
    const last = region.x.length - 1;
    if (x < region.x[0] - 1e-9 || x > region.x[last] + 1e-9) continue;
    let left = 0, right = last;
    while (right - left > 1) {
      const middle = (left + right) >> 1;
      if (region.x[middle] <= x) left = middle; else right = middle;
    }
    const width = region.x[right] - region.x[left];
    const t = width > 0 ? Math.min(Math.max((x - region.x[left]) / width, 0), 1) : 0;
    const low = region.low[left] + t * (region.low[right] - region.low[left]);
    let high = Infinity;
    if (region.high !== null && Number.isFinite(region.high[left]) && Number.isFinite(region.high[right])) high = region.high[left] + t * (region.high[right] - region.high[left]);
    found.push([low, high]);
  }
  return found;
}

/**
 * @param {Curve} curve
 * @param {number} x
 * @param {number} y
 * @returns {boolean}
 */
export function excludes(curve, x, y) {
  return intervalsAt(curve, x).some(([low, high]) => y >= low && y <= high);
}

/**
 * Keys of the curves that bound the union of what is excluded somewhere in the view, among curves of one kind.
 * @param {Curve[]} curves
 * @param {number[]} view low and high of x, low and high of y
 * @returns {Set<string>}
 */
export function frontier(curves, view) {
  const walls = curves.filter((c) => c.kind === "exclusion");
  /** @type {Set<string>} */
  const found = new Set();
  for (const curve of curves) {
    if (curve.kind === "line" || curve.kind === "roi") {
      found.add(curve.key);
      continue;
    }
    const others = walls.filter((w) => w.key !== curve.key);
    let seen = 0;
    for (const line of curve.lines) {
      for (let i = 2; i < line.length; i += 2) {
        const x = 0.5 * (line[i] + line[i - 2]), y = 0.5 * (line[i + 1] + line[i - 1]);
        if (x < view[0] || x > view[1] || y < view[2] || y > view[3]) continue;
        if (!others.some((w) => hides(w, x, y))) seen += Math.hypot(line[i] - line[i - 2], line[i + 1] - line[i - 1]);
      }
    }
    if (seen > 0.08) found.add(curve.key);
  }
  return found;
}

/**
 * @param {Curve} wall
 * @param {number} x
 * @param {number} y
 * @returns {boolean}
 */
function hides(wall, x, y) {
  return intervalsAt(wall, x).some(([low, high]) => y > low + 0.004 && y < high - 0.004);
}

/**
 * The nearest curve to a place in pixels.
 * @param {Curve[]} curves
 * @param {(x: number) => number} toX from log10 to pixels
 * @param {(y: number) => number} toY
 * @param {number} px
 * @param {number} py
 * @returns {{curve: Curve, distance: number, x: number, y: number} | null} with the place on it in log10
 */
export function nearest(curves, toX, toY, px, py) {
  let best = null;
  for (const curve of curves) {
    for (const line of curve.lines) {
      let ax = toX(line[0]), ay = toY(line[1]);
      for (let i = 2; i < line.length; i += 2) {
        const bx = toX(line[i]), by = toY(line[i + 1]);
        const dx = bx - ax, dy = by - ay;
        const size = dx * dx + dy * dy;
        const t = size > 0 ? Math.min(Math.max(((px - ax) * dx + (py - ay) * dy) / size, 0), 1) : 0;
        const distance = Math.hypot(px - ax - t * dx, py - ay - t * dy);
        if (best === null || distance < best.distance) {
          best = { curve, distance, x: line[i - 2] + t * (line[i] - line[i - 2]), y: line[i - 1] + t * (line[i + 1] - line[i - 1]) };
        }
        ax = bx;
        ay = by;
      }
    }
  }
  return best;
}
