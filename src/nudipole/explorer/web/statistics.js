// Critical values, Feldman-Cousins, and the profile likelihood: the formulas of nudipole.inference.

const SQRT_PI = Math.sqrt(Math.PI);

/**
 * Complementary error function: series below 2.5, continued fraction above; relative error below 1e-13.
 * @param {number} x
 * @returns {number}
 */
export function erfc(x) {
  if (x < 0) return 2 - erfc(-x);
  if (x < 2.5) {
    let term = x, sum = x;
    for (let n = 1; n < 200 && Math.abs(term) > 1e-17 * Math.abs(sum); n++) {
      term *= (-x * x) / n;
      sum += term / (2 * n + 1);
    }
    return 1 - (2 / SQRT_PI) * sum;
  }
  let tail = 0;
  for (let n = 80; n > 0; n--) tail = (0.5 * n) / (x + tail);
  return Math.exp(-x * x) / (SQRT_PI * (x + tail));
}

/**
 * Quantile of the unit normal distribution, from bisection and Newton steps on erfc.
 * @param {number} p between 0 and 1
 * @returns {number}
 */
export function normalQuantile(p) {
  if (p < 0.5) return -normalQuantile(1 - p);
  const tail = 1 - p;
  let low = 0, high = 9;
  for (let i = 0; i < 20; i++) {
    const middle = 0.5 * (low + high);
    if (0.5 * erfc(middle / Math.SQRT2) > tail) low = middle; else high = middle;
  }
  let z = 0.5 * (low + high);
  for (let i = 0; i < 4; i++) z += ((0.5 * erfc(z / Math.SQRT2) - tail) * Math.sqrt(2 * Math.PI)) / Math.exp(-0.5 * z * z);
  return z;
}

/**
 * Delta chi^2 at which a point is excluded, one parameter.
 * @param {number} cl
 * @param {boolean} oneSided
 * @returns {number}
 */
export function criticalValue(cl, oneSided) {
  const z = oneSided ? Math.max(normalQuantile(cl), 0) : normalQuantile(0.5 * (1 + cl));
  return z * z;
}

/**
 * Upper end of the Feldman-Cousins interval.
 * @param {number} observed whole number
 * @param {number} background
 * @param {number} cl
 * @returns {number}
 */
export function feldmanCousinsUpper(observed, background, cl) {
  const top = observed + background + 15 * Math.sqrt(observed + background + 1) + 15;
  const number = Math.floor(2 * top + 50);
  const logFactorial = new Float64Array(number);
  for (let n = 1; n < number; n++) logFactorial[n] = logFactorial[n - 1] + Math.log(n);
  const best = Array.from({ length: number }, (_, n) => Math.max(n - background, 0) + background);
  const accepted = (/** @type {number} */ signal) => {
    const mean = signal + background, logMean = mean > 0 ? Math.log(mean) : -Infinity;
    const ratio = (/** @type {number} */ n) => (n ? n * (logMean - Math.log(best[n] > 0 ? best[n] : 1)) : 0) - (mean - best[n]);
    const ours = ratio(observed);
    let sum = 0;
    for (let n = 0; n < number; n++) {
      const r = ratio(n);
      if (r > ours || (r === ours && n < observed)) sum += Math.exp((n ? n * logMean : 0) - logFactorial[n] - mean);
    }
    return sum < cl;
  };
  const step = top / 2000;
  let last = 2000;
  while (last >= 0 && !accepted(step * last)) last--;
  let inside = step * last, outside = step * (last + 1);
  for (let i = 0; i < 40; i++) {
    const middle = 0.5 * (inside + outside);
    if (accepted(middle)) inside = middle; else outside = middle;
  }
  return inside;
}

/**
 * @typedef {{observed: Float64Array, background: Float64Array, sigma: Float64Array, penalty: Float64Array,
 *   shifts: Float64Array[], moving: number[]}} Likelihood  penalty: 1 for a constrained pull, 0 for a free one
 */

const EMPTY_BIN = 1e-6; // count of an empty bin, which keeps its expectation above zero

/**
 * chi^2 of the bins and its two derivatives in the expectation, written into `slope` and `curvature`.
 * @param {Likelihood} like
 * @param {Float64Array} mu
 * @param {Float64Array} slope
 * @param {Float64Array} curvature
 * @returns {number}
 */
function binsOf(like, mu, slope, curvature) {
  let sum = 0;
  for (let b = 0; b < mu.length; b++) {
    const observed = like.observed[b], sigma = like.sigma[b];
    if (sigma > 0) {
      const residual = (mu[b] - observed) / sigma;
      sum += residual * residual;
      slope[b] = (2 * residual) / sigma;
      curvature[b] = 2 / (sigma * sigma);
      continue;
    }
    const counted = Math.max(observed, EMPTY_BIN), floor = 1e-6 * counted;
    const safe = Math.max(mu[b], floor), ratio = counted / safe;
    let value = 2 * (safe - counted + counted * Math.log(ratio));
    let first = 2 * (1 - ratio);
    const second = (2 * ratio) / safe;
    if (mu[b] < floor) { // continued quadratically
      value += first * (mu[b] - safe) + 0.5 * second * (mu[b] - safe) ** 2;
      first += second * (mu[b] - safe);
    }
    sum += value;
    slope[b] = first;
    curvature[b] = second;
  }
  return sum;
}

/** The profile of signals x times `unit`, whose pulls `moving` change bins by `relative` (rows over bins). */
export class Profile {
  /**
   * @param {Likelihood} like
   * @param {Float64Array} unit
   * @param {Float64Array[]} relative
   */
  constructor(like, unit, relative) {
    this.like = like;
    this.unit = unit;
    this.relative = relative;
    const bins = unit.length, pulls = like.penalty.length;
    this.mu = new Float64Array(bins);
    this.slope = new Float64Array(bins);
    this.curvature = new Float64Array(bins);
    this.along = new Float64Array(bins);
    this.x = 0; // where the pulls are
    this.theta = new Float64Array(pulls);
    this.drift = new Float64Array(pulls);
    this.trial = new Float64Array(pulls);
    this.gradient = new Float64Array(pulls);
    this.hessian = Array.from({ length: pulls }, () => new Float64Array(pulls));
    this.design = Array.from({ length: pulls }, () => new Float64Array(bins));
    this.gaussian = like.sigma.every((s) => s > 0);
  }

  /**
   * chi^2 at pulls `theta` and signal x; leaves slope and curvature of the bins behind.
   * @param {number} x
   * @param {Float64Array} theta
   * @returns {number}
   */
  look(x, theta) {
    const { like, mu, unit, design } = this;
    for (let b = 0; b < mu.length; b++) mu[b] = like.background[b] + x * unit[b];
    let sum = 0;
    for (let j = 0; j < theta.length; j++) {
      const t = theta[j];
      if (t !== 0) for (let b = 0; b < mu.length; b++) mu[b] += t * design[j][b];
      sum += like.penalty[j] * t * t;
    }
    return sum + binsOf(like, mu, this.slope, this.curvature);
  }

  /**
   * chi^2 at signal x, smallest over the pulls, by Newton's method from where the last one ended and drifts to.
   * @param {number} x
   * @returns {{chi2: number, slope: number, curvature: number}} with both derivatives in x
   */
  at(x) {
    const { like, theta, design, mu, unit } = this, pulls = theta.length, bins = mu.length;
    for (let j = 0; j < pulls; j++) design[j].set(like.shifts[j]);
    for (let k = 0; k < like.moving.length; k++) {
      const row = design[like.moving[k]], relative = this.relative[k];
      for (let b = 0; b < bins; b++) row[b] += x * unit[b] * relative[b];
    }
    for (let j = 0; j < pulls; j++) theta[j] += (x - this.x) * this.drift[j];
    this.x = x;
    let value = this.look(x, theta);
    if (!Number.isFinite(value)) {
      theta.fill(0);
      value = this.look(x, theta);
    }
    for (let round = 0; round < 60 && pulls; round++) {
      this.assemble();
      const step = solve(this.hessian, this.gradient);
      let gain = 0;
      for (let j = 0; j < pulls; j++) gain -= this.gradient[j] * step[j];
      if (gain <= 1e-12 * (1 + Math.abs(value))) break;
      let scale = this.longest(step), next = Infinity;
      const most = value + 1e-12 * (1 + Math.abs(value));
      for (let half = 0; half < 40; half++, scale *= 0.4) {
        for (let j = 0; j < pulls; j++) this.trial[j] = theta[j] + scale * step[j];
        next = this.look(x, this.trial);
        if (next <= most) break;
      }
      if (!(next <= most)) {
        value = this.look(x, theta);
        break;
      }
      theta.set(this.trial);
      value = next;
      if ((gain <= 1e-7 && scale === 1) || this.gaussian) break; // the step just taken leaves gain^1.5 at most
    }
    return { chi2: value, ...this.derivatives() };
  }

  /**
   * Slope and curvature of the profile in x, and how the pulls move with it.
   * @returns {{slope: number, curvature: number}}
   */
  derivatives() {
    const { like, theta, unit, relative } = this, bins = unit.length, pulls = theta.length;
    let slope = 0, curvature = 0;
    for (let b = 0; b < bins; b++) {
      let along = unit[b];
      for (let k = 0; k < like.moving.length; k++) along += unit[b] * theta[like.moving[k]] * relative[k][b];
      this.along[b] = along;
      slope += this.slope[b] * along;
      curvature += this.curvature[b] * along * along;
    }
    if (pulls) {
      this.assemble();
      const mixed = this.gradient;
      for (let j = 0; j < pulls; j++) {
        let sum = 0;
        for (let b = 0; b < bins; b++) sum += this.design[j][b] * this.curvature[b] * this.along[b];
        mixed[j] = sum;
      }
      for (let k = 0; k < like.moving.length; k++) {
        for (let b = 0; b < bins; b++) mixed[like.moving[k]] += relative[k][b] * this.slope[b] * unit[b];
      }
      const drift = solve(this.hessian, mixed);
      for (let j = 0; j < pulls; j++) curvature += mixed[j] * drift[j];
      this.drift.set(drift);
    }
    return { slope, curvature };
  }

  /**
   * Share of a step in the pulls, at most 1, that keeps Poisson bins above zero; the expectation is that of the last look.
   * @param {Float64Array} step
   * @returns {number}
   */
  longest(step) {
    let share = 1;
    for (let b = 0; b < this.mu.length; b++) {
      if (this.like.sigma[b] > 0 || !(this.mu[b] > 0)) continue;
      let change = 0;
      for (let j = 0; j < step.length; j++) change += step[j] * this.design[j][b];
      if (change < 0) share = Math.min(share, (0.99 * this.mu[b]) / -change);
    }
    return share;
  }

  /** Gradient and Hessian in the pulls. */
  assemble() {
    const { like, theta, design, slope, curvature, gradient, hessian } = this, pulls = theta.length, bins = slope.length;
    for (let j = 0; j < pulls; j++) {
      const row = design[j];
      let sum = 2 * like.penalty[j] * theta[j];
      for (let b = 0; b < bins; b++) sum += row[b] * slope[b];
      gradient[j] = sum;
      for (let i = 0; i <= j; i++) {
        const other = design[i];
        let product = i === j ? 2 * like.penalty[j] : 0;
        for (let b = 0; b < bins; b++) product += row[b] * other[b] * curvature[b];
        hessian[j][i] = product;
        hessian[i][j] = product;
      }
    }
  }
}

/**
 * -H^-1 g for a positive matrix, scaled by its diagonal; directions without curvature stay where they are.
 * @param {Float64Array[]} hessian
 * @param {Float64Array} gradient
 * @returns {Float64Array}
 */
function solve(hessian, gradient) {
  const n = gradient.length;
  const scale = Float64Array.from(hessian, (row, j) => (row[j] > 0 ? 1 / Math.sqrt(row[j]) : 0));
  const lower = hessian.map((row, j) => Float64Array.from(row, (v, i) => v * scale[i] * scale[j] + (i === j ? (scale[j] > 0 ? 1e-14 : 1) : 0)));
  const y = new Float64Array(n);
  for (let j = 0; j < n; j++) {
    for (let i = 0; i <= j; i++) {
      let sum = lower[j][i];
      for (let k = 0; k < i; k++) sum -= lower[j][k] * lower[i][k];
      lower[j][i] = i === j ? Math.sqrt(Math.max(sum, 1e-15)) : sum / lower[i][i];
    }
    let value = -gradient[j] * scale[j];
    for (let k = 0; k < j; k++) value -= lower[j][k] * y[k];
    y[j] = value / lower[j][j];
  }
  for (let j = n - 1; j >= 0; j--) {
    for (let k = j + 1; k < n; k++) y[j] -= lower[k][j] * y[k];
    y[j] /= lower[j][j];
  }
  return y.map((v, j) => v * scale[j]);
}
