// Numbers as text, and the two logarithmic axes.

const RAISED = ["⁰", "¹", "²", "³", "⁴", "⁵", "⁶", "⁷", "⁸", "⁹"];

/**
 * @param {number} exponent
 * @returns {string}
 */
export function powerOfTen(exponent) {
  const digits = String(Math.abs(exponent)).split("").map((c) => RAISED[Number(c)]).join("");
  return "10" + (exponent < 0 ? "⁻" : "") + digits;
}

/**
 * A number in `digits` digits, in powers of ten where that is shorter.
 * @param {number} value
 * @param {number} [digits]
 * @returns {string}
 */
export function shown(value, digits = 3) {
  if (value === 0 || !Number.isFinite(value)) return value === 0 ? "0" : Number.isNaN(value) ? "–" : value > 0 ? "∞" : "−∞";
  const exponent = Number(value.toExponential(digits - 1).split("e")[1]); // after rounding: 9.999e-7 is 1e-6
  if (exponent >= -3 && exponent < 5) return String(Number(value.toPrecision(digits)));
  const factor = Number((value / 10 ** exponent).toPrecision(digits));
  return `${factor} × ${powerOfTen(exponent)}`;
}

/**
 * A length or a time with a suitable unit.
 * @param {number} value in metres or seconds
 * @param {"m" | "s"} unit
 * @returns {string}
 */
export function withUnit(value, unit) {
  if (!Number.isFinite(value)) return "∞";
  const steps = unit === "m" ? [[1e3, "km"], [1, "m"], [1e-2, "cm"], [1e-3, "mm"], [1e-6, "µm"]] : [[3.15576e7, "yr"], [86400, "d"], [1, "s"], [1e-3, "ms"], [1e-6, "µs"], [1e-9, "ns"], [1e-12, "ps"]];
  const largest = /** @type {number} */ (steps[0][0]);
  if (value >= 1e5 * largest) return `${shown(value / largest)} ${steps[0][1]}`;
  for (const [size, name] of steps) if (value >= Number(size)) return `${shown(value / Number(size))} ${name}`;
  return `${shown(value)} ${unit}`;
}

/**
 * Decades and small ticks between two values of log10.
 * @param {number} low
 * @param {number} high
 * @param {number} most number of labels
 * @returns {{value: number, label: string, major: boolean}[]}
 */
export function logTicks(low, high, most) {
  const ticks = [];
  const span = high - low;
  const every = Math.max(1, Math.ceil(span / most));
  for (let n = Math.floor(low); n <= Math.ceil(high); n++) {
    if (n >= low && n <= high) ticks.push({ value: n, label: n % every === 0 ? powerOfTen(n) : "", major: true });
    if (span > 14) continue;
    for (let k = 2; k < 10; k++) {
      const at = n + Math.log10(k);
      if (at < low || at > high) continue;
      const label = span < 1.2 && (span < 0.5 || k === 2 || k === 5) ? shown(10 ** at, 2) : "";
      ticks.push({ value: at, label, major: false });
    }
  }
  return ticks;
}

/**
 * Linear interpolation of y at x, x increasing; the end values beyond.
 * @param {ArrayLike<number>} x
 * @param {ArrayLike<number>} y
 * @param {number} at
 * @returns {number}
 */
export function interpolate(x, y, at) {
  const last = x.length - 1;
  if (at <= x[0]) return y[0];
  if (at >= x[last]) return y[last];
  let low = 0, high = last;
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    if (x[middle] <= at) low = middle; else high = middle;
  }
  return y[low] + ((y[high] - y[low]) * (at - x[low])) / (x[high] - x[low]);
}
