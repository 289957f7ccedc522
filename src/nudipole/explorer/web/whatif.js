// Limits with other assumptions from a table of counts: the formulas of nudipole.explorer.whatif.

import { interpolate } from "./numbers.js";
import { Profile, criticalValue, feldmanCousinsUpper } from "./statistics.js";

/**
 * @typedef {import("./payload.js").Dataset} Dataset
 * @typedef {import("./payload.js").TableRecord} TableRecord
 * @typedef {{cl: number, exposure: number, background: number, efficiency: number, systematic: number,
 *   threshold: number | null, majorana?: boolean}} Settings
 * @typedef {{like: import("./statistics.js").Likelihood | null, allowed: number, scale: Float64Array, used: number[],
 *   places: Int32Array, photons: Float64Array, shift: number, relative: Float64Array[][]}} Prepared
 * @typedef {[number, number | null][]} Intervals
 */

const EMPTY = -200;
const COUPLINGS = Array.from({ length: 105 }, (_, i) => Math.log(1e-12) + (i * Math.log(1e13)) / 104);

/** One table, decoded. */
export class CountTable {
  /**
   * @param {Dataset} data
   * @param {TableRecord} record
   */
  constructor(data, record) {
    const array = (/** @type {number | null | undefined} */ place) => Float64Array.from(place === null || place === undefined ? [] : data.arrays[place]);
    this.record = record;
    this.masses = array(record.masses);
    this.edges = array(record.edges);
    this.dataEdges = array(record.dataEdges);
    this.size = record.group.length;
    this.bins = Math.max(...record.group) + 1;
    this.logs = array(record.logs);
    this.ends = record.couplings === null ? null : array(record.couplings);
    this.survivalEnds = array(record.survival?.[0]);
    this.survival = array(record.survival?.[1]);
    this.own = array(record.own);
    this.data = array(record.data);
    this.background = array(record.background);
    this.sigma = array(record.sigma);
    this.shifts = rows(array(record.shifts), this.bins);
    this.ownShifts = rows(array(record.ownShifts), this.bins);
    this.relative = array(record.relative);
    this.photonEdges = array(record.photons?.[0]);
    this.photonShares = array(record.photons?.[1]);
    this.levels = array(record.levels);
    this.allowed = array(record.allowed);
    this.components = record.components.map(([name, place]) => /** @type {[string, Float64Array]} */ ([name, array(place)]));
    this.observed = record.observed === null ? null : array(record.observed);
  }

  /**
   * ln(counts / d^2) in bin s of the table at mass m, at ln d.
   * @param {number} m
   * @param {number} s
   * @param {number} lnD
   * @returns {number}
   */
  logAt(m, s, lnD) {
    const many = this.masses.length, steps = this.record.steps;
    const node = (/** @type {number} */ k) => this.logs[(k * this.size + s) * many + m];
    if (this.ends === null) return node(0);
    const low = this.ends[m], step = (this.ends[many + m] - low) / (steps - 1);
    const place = (lnD - low) / step;
    return hermite(node, steps, place);
  }

  /**
   * ln of the share of N that leave the detector at mass m, at ln d.
   * @param {number} m
   * @param {number} lnD
   * @returns {number}
   */
  logSurvival(m, lnD) {
    if (!this.survival.length) return 0;
    const many = this.masses.length, steps = this.survival.length / many, low = this.survivalEnds[m], step = (this.survivalEnds[many + m] - low) / (steps - 1);
    const place = (lnD - low) / step;
    return place < 0 ? 0 : hermite((k) => this.survival[k * many + m], steps, place);
  }

  /**
   * Counts in the bins of the table at any mass and coupling; nothing outside the masses of the table.
   * @param {number} mass GeV
   * @param {number} d GeV^-1
   * @returns {Float64Array}
   */
  counts(mass, d) {
    const result = new Float64Array(this.size), last = this.masses.length - 1;
    if (mass < this.masses[0] * 0.999 || mass > this.masses[last] * 1.001) return result;
    let m = 0;
    while (m < last - 1 && this.masses[m + 1] <= mass) m++;
    const t = Math.min(Math.max(Math.log(mass / this.masses[m]) / Math.log(this.masses[m + 1] / this.masses[m]), 0), 1);
    const lnD = Math.log(d), alive = [this.logSurvival(m, lnD), this.logSurvival(m + 1, lnD)];
    for (let s = 0; s < this.size; s++) {
      const a = this.logAt(m, s, lnD) + alive[0], b = this.logAt(m + 1, s, lnD) + alive[1];
      if (a > EMPTY + 1 && b > EMPTY + 1) result[s] = d * d * Math.exp(a + t * (b - a));
      else result[s] = d * d * ((1 - t) * Math.exp(a) + t * Math.exp(b));
    }
    return result;
  }

  /**
   * Intervals up to the coupling [GeV^-1] at which collisions resolve the operator, as in the curves of the card.
   * @param {number} m
   * @param {Intervals} intervals
   * @returns {Intervals}
   */
  within(m, intervals) {
    const [s, ratio] = this.record.operator, most = 1 / (ratio * Math.sqrt(Math.max(s, this.masses[m] ** 2)));
    return intervals.filter(([low]) => low < most).map(([low, high]) => [low, high === null ? most : Math.min(high, most)]);
  }

  /**
   * Photons above a threshold [GeV] over those that the card counts, at mass m.
   * @param {number} m
   * @param {number | null} threshold
   * @returns {number}
   */
  photonsAbove(m, threshold) {
    if (threshold === null || !this.photonEdges.length) return 1;
    let sum = 0;
    for (let s = 0; s < this.photonEdges.length - 1; s++) {
      const low = this.photonEdges[s], high = this.photonEdges[s + 1];
      sum += this.photonShares[s * this.masses.length + m] * Math.min(Math.max((high - threshold) / (high - low), 0), 1);
    }
    return sum;
  }

  /**
   * Share of each bin of the table above the threshold.
   * @param {number | null} threshold
   * @returns {Float64Array}
   */
  kept(threshold) {
    const movable = this.record.threshold;
    const start = threshold === null && movable ? this.dataEdges[0] : threshold;
    return Float64Array.from({ length: this.size }, (_, s) => {
      if (start === null || !movable) return 1;
      return Math.min(Math.max((this.edges[s + 1] - start) / (this.edges[s + 1] - this.edges[s]), 0), 1);
    });
  }
}

/**
 * Cubic Hermite interpolation with central slopes between equally spaced nodes, straight lines beyond them.
 * @param {(k: number) => number} node
 * @param {number} steps
 * @param {number} place in steps
 * @returns {number}
 */
function hermite(node, steps, place) {
  const left = Math.min(Math.max(Math.floor(place), 0), steps - 2);
  const t = place - left, a = node(left), b = node(left + 1);
  const sa = left > 0 ? 0.5 * (b - node(left - 1)) : b - a;
  const sb = left < steps - 2 ? 0.5 * (node(left + 2) - a) : b - a;
  if (t < 0) return a + t * sa;
  if (t > 1) return b + (t - 1) * sb;
  return a + t * (sa + t * (3 * (b - a) - 2 * sa - sb + t * (sa + sb - 2 * (b - a))));
}

/**
 * @param {Float64Array} flat
 * @param {number} length
 * @returns {Float64Array[]}
 */
function rows(flat, length) {
  return Array.from({ length: length ? Math.round(flat.length / length) : 0 }, (_, j) => flat.subarray(j * length, (j + 1) * length));
}

/**
 * Sums over the bins of the table that belong to each bin of the data.
 * @param {CountTable} table
 * @param {(s: number) => number} value
 * @returns {Float64Array}
 */
function grouped(table, value) {
  const sums = new Float64Array(table.bins);
  for (let s = 0; s < table.size; s++) sums[table.record.group[s]] += value(s);
  return sums;
}

/**
 * Data, backgrounds and shifts under these settings, in the bins that are left.
 * @param {CountTable} table
 * @param {Settings} settings
 * @returns {Prepared | null} null if nothing is left
 */
export function prepare(table, settings) {
  const { record } = table, kept = table.kept(settings.threshold), nominal = table.kept(null);
  const width = (/** @type {number} */ s) => kept[s] * (table.edges[s + 1] - table.edges[s]);
  const share = record.threshold ? grouped(table, width).map((w, b) => w / (table.dataEdges[b + 1] - table.dataEdges[b])) : new Float64Array(table.bins).fill(1);
  const used = Array.from(share.keys()).filter((b) => share[b] > 0);
  if (!used.length) return null;
  const scale = kept.map((k) => settings.exposure * settings.efficiency * k);
  /** @type {Prepared} */
  const found = { like: null, allowed: 0, scale, used, places: Int32Array.from(record.group, (b) => used.indexOf(b)), shift: settings.majorana ? 0.5 * Math.LN2 : 0, photons: table.masses.map((_, m) => table.photonsAbove(m, settings.threshold)), relative: [] };
  if (record.rule === "allowed") {
    found.allowed = interpolate(table.levels, table.allowed, settings.cl);
    return found;
  }
  const pulls = record.pulls ?? [];
  const loose = pulls.map(([, free]) => (free ? 1 : settings.systematic));
  const own = grouped(table, (s) => table.own[s] * kept[s]), ownBefore = grouped(table, (s) => table.own[s] * nominal[s]);
  const observed = new Float64Array(used.length), expected = new Float64Array(used.length), sigma = new Float64Array(used.length);
  used.forEach((b, i) => {
    const now = settings.efficiency * own[b] + settings.background * share[b] * (table.background[b] - ownBefore[b]);
    const data = record.follows ? now : share[b] * table.data[b] + now - share[b] * table.background[b];
    sigma[i] = table.sigma[b] * Math.sqrt(settings.exposure * settings.background * share[b]);
    observed[i] = (sigma[i] > 0 ? data : Math.max(data, 0)) * settings.exposure;
    expected[i] = now * settings.exposure;
  });
  if (record.rule === "feldman-cousins") {
    const total = (/** @type {Float64Array} */ values) => values.reduce((a, v) => a + v, 0);
    found.allowed = feldmanCousinsUpper(Math.floor(total(observed) + 0.5), total(expected), settings.cl);
    return found;
  }
  const shifts = pulls.map((_, j) => Float64Array.from(used, (b) => {
    const ratio = ownBefore[b] !== 0 ? (settings.efficiency * own[b]) / ownBefore[b] : 0;
    const card = table.shifts[j][b] - table.ownShifts[j][b];
    return (table.ownShifts[j][b] * ratio + card * settings.background * share[b]) * settings.exposure * loose[j];
  }));
  const moving = table.relative.length ? record.moving ?? [] : [];
  found.like = { observed, background: expected, sigma, penalty: Float64Array.from(pulls, ([, free]) => (free ? 0 : 1)), shifts, moving };
  found.relative = relativeShifts(table, kept, used, moving.map((j) => loose[j]));
  return found;
}

/**
 * Relative change of each bin of the data for each moving pull: [mass or 0][pull][bin].
 * @param {CountTable} table
 * @param {Float64Array} kept
 * @param {number[]} used
 * @param {number[]} loose
 * @returns {Float64Array[][]}
 */
function relativeShifts(table, kept, used, loose) {
  const pulls = loose.length;
  if (!pulls) return [];
  const many = table.relative.length / (pulls * table.size), plain = table.size === used.length && kept.every((k) => k > 0);
  const place = new Map(used.map((b, i) => [b, i]));
  const masses = plain ? many : table.ends === null ? table.masses.length : many;
  return Array.from({ length: masses }, (_, m) => {
    const row = many > 1 ? m : 0;
    const weight = Float64Array.from({ length: table.size }, (_, s) => (plain ? 1 : kept[s] * (table.ends === null ? Math.exp(table.logs[s * table.masses.length + m]) : 1)));
    return loose.map((factor, k) => {
      const sums = new Float64Array(used.length), norm = new Float64Array(used.length);
      for (let s = 0; s < table.size; s++) {
        const b = place.get(table.record.group[s]);
        if (b === undefined) continue;
        sums[b] += weight[s] * table.relative[(k * table.size + s) * many + row];
        norm[b] += weight[s];
      }
      return sums.map((v, b) => (norm[b] > 0 ? (factor * v) / norm[b] : 0));
    });
  });
}

/**
 * Excluded intervals in d [GeV^-1] at each mass of the table.
 * @param {CountTable} table
 * @param {Settings} settings
 * @returns {Intervals[]}
 */
export function recompute(table, settings) {
  const prepared = prepare(table, settings);
  if (prepared === null) return Array.from(table.masses, () => []);
  return Array.from(table.masses, (_, m) => (table.ends === null ? surviving(table, m, prepared.shift, proportional(table, prepared, settings, m)) : scanned(table, prepared, settings, m)));
}

/**
 * From the excluded y = d^2 of stable N to the d with y = d^2 S(d): regions close where too few N leave.
 * @param {CountTable} table
 * @param {number} m
 * @param {number} shift of ln d at which the table is read
 * @param {Intervals} intervals
 * @returns {Intervals}
 */
function surviving(table, m, shift, intervals) {
  if (!table.survival.length || !intervals.length) return intervals;
  const many = table.masses.length, first = table.survivalEnds[m] - shift, last = table.survivalEnds[many + m] - shift;
  const reach = (/** @type {number} */ x) => x + 0.5 * table.logSurvival(m, x + shift);
  let top = first, most = reach(first);
  for (let i = 1; i < 400; i++) {
    const x = first + (i / 399) * (last - first), value = reach(x);
    if (value > most) { top = x; most = value; }
  }
  const root = (/** @type {number} */ level, /** @type {number} */ outside) => {
    let inside = top;
    for (let i = 0; i < 60; i++) {
      const middle = 0.5 * (outside + inside);
      if (reach(middle) >= level) inside = middle; else outside = middle;
    }
    return Math.exp(0.5 * (outside + inside));
  };
  /** @type {Intervals} */
  const found = [];
  for (const [low, high] of intervals) {
    const edge = low || high, level = edge ? Math.log(edge) : Infinity;
    if (level >= most) {
      if (!low) found.push([0, null]);
      continue;
    }
    const lower = root(level, Math.min(level, first) - 1e-9);
    if (!low) found.push([0, lower]);
    else found.push([lower, reach(last) >= level ? null : root(level, last)]);
  }
  return found;
}

/**
 * Counts in the bins of the data at mass m and coupling d.
 * @param {CountTable} table
 * @param {Prepared} prepared
 * @param {number} m
 * @param {number} lnD
 * @returns {Float64Array}
 */
function countsAt(table, prepared, m, lnD) {
  const sums = new Float64Array(prepared.used.length);
  for (let s = 0; s < table.size; s++) {
    const b = prepared.places[s];
    if (b < 0) continue;
    const log = table.logAt(m, s, lnD + prepared.shift);
    if (log > EMPTY || table.ends !== null) sums[b] += prepared.photons[m] * prepared.scale[s] * Math.exp(log + 2 * lnD);
  }
  return sums;
}

/**
 * @param {Prepared} prepared
 * @param {number} m
 * @returns {Float64Array[]}
 */
function relativeAt(prepared, m) {
  return prepared.relative.length > 1 ? prepared.relative[m] : prepared.relative[0] ?? [];
}

/**
 * Counts that go as x = d^2: best fit and edges of a convex function.
 * @param {CountTable} table
 * @param {Prepared} prepared
 * @param {Settings} settings
 * @param {number} m
 * @returns {Intervals}
 */
function proportional(table, prepared, settings, m) {
  const unit = countsAt(table, prepared, m, 0);
  const total = unit.reduce((a, v) => a + v, 0);
  if (prepared.like === null) return total > 0 ? [[Math.sqrt(prepared.allowed / total), null]] : [];
  if (!(total * 100 > 1e-6)) return [];
  const { like } = prepared, critical = criticalValue(settings.cl, table.record.oneSided);
  let noise = 0;
  for (let b = 0; b < unit.length; b++) noise += unit[b] ** 2 / (like.sigma[b] > 0 ? like.sigma[b] ** 2 : Math.max(like.observed[b], like.background[b], 1));
  const scale = 1 / Math.sqrt(noise);
  const profile = new Profile(like, unit.map((v) => v * scale), relativeAt(prepared, m));
  const best = minimum(profile);
  const high = edge(profile, best, critical, true);
  if (!Number.isFinite(high)) return [];
  const upper = /** @type {[number, null]} */ ([Math.sqrt(high * scale), null]);
  if (table.record.oneSided || best.x === 0 || profile.at(0).chi2 <= best.chi2 + critical) return [upper];
  return [[0, Math.sqrt(edge(profile, best, critical, false) * scale)], upper];
}

/**
 * Best x >= 0: Newton's method on the slope, inside a bracket.
 * @param {Profile} profile
 * @returns {{x: number, chi2: number, curvature: number}}
 */
function minimum(profile) {
  let point = profile.at(0), x = 0, low = 0, high = Infinity;
  for (let i = 0; i < 100; i++) {
    if (point.slope < 0) low = x; else high = x;
    if (x === 0 && point.slope >= 0) break;
    let next = point.curvature > 0 ? x - point.slope / point.curvature : Infinity;
    if (!(next > low && next < high && next <= 16 * (x + 1))) next = Number.isFinite(high) ? 0.5 * (low + high) : 4 * (x + 1);
    const gain = point.curvature > 0 ? point.slope ** 2 / point.curvature : Infinity;
    if (i && (gain < 1e-11 || high - low < 1e-10 * high || x > 1e9)) break;
    x = next;
    point = profile.at(x);
  }
  return { x, chi2: point.chi2, curvature: point.curvature };
}

/**
 * x where chi^2 is larger than at the best fit by `critical`: roots of local parabolas in a bracket.
 * @param {Profile} profile
 * @param {{x: number, chi2: number, curvature: number}} best
 * @param {number} critical
 * @param {boolean} above
 * @returns {number}
 */
function edge(profile, best, critical, above) {
  const target = best.chi2 + critical, side = above ? 1 : -1;
  const first = Math.sqrt((2 * critical) / (best.curvature > 0 ? best.curvature : 2));
  let inner = best.x, outer = above ? Infinity : 0;
  let x = Math.max(best.x + side * first, 0.5 * best.x);
  for (let i = 0; i < 200; i++) {
    const point = profile.at(x), gap = target - point.chi2;
    if (gap <= 0) outer = x; else inner = x;
    const root = point.slope + side * Math.sqrt(Math.max(point.slope ** 2 + 2 * point.curvature * gap, 0));
    const step = (2 * gap) / root;
    let next = x + step;
    const good = next > Math.min(inner, outer) && next < Math.max(inner, outer) && Math.abs(step) <= 4 * Math.abs(x - best.x);
    if (good && Math.abs(step) <= 2e-5 * x) return next;
    if (!good) next = Number.isFinite(outer) ? 0.5 * (inner + outer) : best.x + 2.5 * (x - best.x);
    if (Math.abs(outer - inner) <= 1e-9 * x) return next;
    if (above && next - best.x > 1e9 * (first + 1)) return Infinity;
    x = next;
  }
  return x;
}

/**
 * Counts that feel the decay of N: the level is scanned in ln d, every crossing is a root.
 * @param {CountTable} table
 * @param {Prepared} prepared
 * @param {Settings} settings
 * @param {number} m
 * @returns {Intervals}
 */
function scanned(table, prepared, settings, m) {
  const { like } = prepared;
  /** @type {(lnD: number) => number} */
  let level;
  let grid = COUPLINGS;
  /** @type {number[]} */
  let values;
  if (like === null) {
    level = (lnD) => Math.log(countsAt(table, prepared, m, lnD).reduce((a, v) => a + v, 0)) - Math.log(prepared.allowed);
    values = grid.map(level);
  } else {
    const critical = criticalValue(settings.cl, table.record.oneSided), relative = relativeAt(prepared, m);
    const chi2 = (/** @type {number} */ lnD) => new Profile(like, countsAt(table, prepared, m, lnD), relative).at(1).chi2;
    const zero = new Profile(like, new Float64Array(prepared.used.length), relative).at(0).chi2;
    const scan = grid.map(chi2);
    const low = lowest(grid, scan, chi2);
    const best = Math.min(low.value, zero);
    level = (lnD) => chi2(lnD) - best - critical;
    const where = grid.findIndex((x) => x > low.x), at = where < 0 ? grid.length : where;
    grid = [...grid.slice(0, at), low.x, ...grid.slice(at)];
    values = [...scan.slice(0, at), low.value, ...scan.slice(at)].map((v) => v - best - critical);
    if (table.record.oneSided && zero > best) values = values.map((v, i) => (i < at ? -critical : v));
  }
  return crossings(grid, values, level);
}

/**
 * The lowest point near the lowest of a scan.
 * @param {number[]} grid
 * @param {number[]} scan
 * @param {(x: number) => number} chi2
 * @returns {{x: number, value: number}}
 */
function lowest(grid, scan, chi2) {
  let k = 0;
  for (let i = 1; i < scan.length; i++) if (scan[i] < scan[k]) k = i;
  let x = grid[k], value = scan[k], low = grid[Math.max(k - 1, 0)], high = grid[Math.min(k + 1, grid.length - 1)];
  for (let round = 0; round < 3; round++) {
    const step = (high - low) / 10, start = low;
    for (let i = 0; i <= 10; i++) {
      const v = chi2(start + i * step);
      if (v < value) { value = v; x = start + i * step; }
    }
    low = Math.max(x - step, start);
    high = Math.min(x + step, start + 10 * step);
  }
  return { x, value };
}

/**
 * Intervals of d where the level is positive.
 * @param {number[]} grid of ln d
 * @param {number[]} values
 * @param {(x: number) => number} level
 * @returns {Intervals}
 */
function crossings(grid, values, level) {
  let top = 0;
  values.forEach((v, i) => { if (v > values[top]) top = i; });
  if (!(values[top] > 0) && top > 0 && top < grid.length - 1) { // a region narrower than the scan
    let a = grid[top - 1], b = grid[top + 1];
    for (let i = 0; i < 40; i++) {
      const third = (b - a) / 3;
      if (level(a + third) < level(b - third)) a += third; else b -= third;
    }
    const x = 0.5 * (a + b), at = x > grid[top] ? top + 1 : top;
    grid = [...grid.slice(0, at), x, ...grid.slice(at)];
    values = [...values.slice(0, at), level(x), ...values.slice(at)];
  }
  const bounds = values[0] > 0 ? [0] : [];
  for (let i = 1; i < grid.length; i++) {
    if (values[i] > 0 === values[i - 1] > 0) continue;
    let a = grid[i - 1], b = grid[i], fa = values[i - 1], fb = values[i];
    for (let round = 0; round < 80 && Math.abs(b - a) > 1e-9; round++) {
      let x = round % 3 === 2 || !Number.isFinite(fa) || !Number.isFinite(fb) ? 0.5 * (a + b) : a - (fa * (b - a)) / (fb - fa);
      if (!(x > Math.min(a, b) && x < Math.max(a, b))) x = 0.5 * (a + b);
      const f = level(x);
      if (f > 0 === fa > 0) { a = x; fa = f; } else { b = x; fb = f; }
    }
    bounds.push(Math.exp(Math.abs(fa) < Math.abs(fb) ? a : b));
  }
  /** @type {Intervals} */
  const found = [];
  for (let i = 0; i < bounds.length; i += 2) found.push([bounds[i], i + 1 < bounds.length ? bounds[i + 1] : null]);
  return found;
}
