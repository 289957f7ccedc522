// The view as a file: SVG, PNG, CSV, BibTeX.

/**
 * @typedef {import("./curves.js").Curve} Curve
 */

const COPIED = ["fill", "stroke", "stroke-width", "stroke-dasharray", "stroke-opacity", "fill-opacity", "opacity", "font-family", "font-size", "font-weight", "paint-order", "stroke-linejoin", "display"];

/**
 * The picture with its look written into it.
 * @param {SVGSVGElement} root
 * @returns {string}
 */
export function svgText(root) {
  const copy = /** @type {SVGSVGElement} */ (root.cloneNode(true));
  const from = root.querySelectorAll("*"), to = copy.querySelectorAll("*");
  from.forEach((element, i) => {
    const style = getComputedStyle(element);
    for (const name of COPIED) {
      const value = plainColor(style.getPropertyValue(name));
      if (value && value !== "none" || name === "fill" || name === "stroke") to[i].setAttribute(name, value);
    }
    for (const name of ["tabindex", "style"]) to[i].removeAttribute(name);
  });
  const [, , width, height] = (root.getAttribute("viewBox") ?? "0 0 900 600").split(" ");
  copy.setAttribute("xmlns", "http://www.w3.org/2000/svg");
  copy.setAttribute("width", width);
  copy.setAttribute("height", height);
  for (const name of ["tabindex", "role", "aria-label", "aria-describedby", "style", "id"]) copy.removeAttribute(name);
  const paper = document.createElementNS("http://www.w3.org/2000/svg", "rect");
  for (const [name, value] of [["width", "100%"], ["height", "100%"], ["fill", getComputedStyle(document.body).backgroundColor]]) paper.setAttribute(name, value);
  copy.prepend(paper);
  return `<?xml version="1.0" encoding="UTF-8"?>\n${new XMLSerializer().serializeToString(copy)}\n`;
}

/**
 * A mixed colour as every program reads it.
 * @param {string} value
 * @returns {string}
 */
function plainColor(value) {
  const found = /^color\(srgb ([\d.e-]+) ([\d.e-]+) ([\d.e-]+)/.exec(value);
  return found ? `rgb(${found.slice(1).map((v) => Math.round(255 * Number(v))).join(", ")})` : value;
}

/**
 * The picture as PNG, twice as many pixels as on the screen.
 * @param {SVGSVGElement} root
 * @returns {Promise<Blob>}
 */
export async function pngBlob(root) {
  const text = svgText(root), [, , width, height] = (root.getAttribute("viewBox") ?? "0 0 900 600").split(" ").map(Number);
  const url = URL.createObjectURL(new Blob([text], { type: "image/svg+xml" }));
  try {
    const image = new Image();
    image.src = url;
    await image.decode();
    const canvas = document.createElement("canvas");
    canvas.width = 2 * width;
    canvas.height = 2 * height;
    canvas.getContext("2d")?.drawImage(image, 0, 0, canvas.width, canvas.height);
    return await new Promise((resolve, reject) => canvas.toBlob((blob) => (blob ? resolve(blob) : reject(new Error("no picture"))), "image/png"));
  } finally {
    URL.revokeObjectURL(url);
  }
}

/**
 * The curves as a table: one row a mass and excluded region.
 * @param {Curve[]} curves
 * @param {number} muB
 * @returns {string}
 */
export function csvText(curves, muB) {
  const rows = ["experiment,flavor,kind,preset,nature,cl,mass_GeV,region,d_low_GeV-1,d_high_GeV-1,mu_low_muB,mu_high_muB"];
  const number = (/** @type {number} */ v) => (Number.isFinite(v) ? String(Number(v.toPrecision(6))) : "");
  for (const c of curves) {
    c.regions.forEach((region, index) => {
      region.x.forEach((x, i) => {
        const low = 10 ** region.low[i], high = region.high === null ? Infinity : 10 ** region.high[i];
        rows.push([c.key, c.flavor, c.kind, c.preset, c.nature, c.cl, number(10 ** x), index, number(low), number(high), number(low * muB), number(high * muB)].join(","));
      });
    });
  }
  return rows.join("\n") + "\n";
}

/**
 * Hand a file to the reader.
 * @param {string} name
 * @param {Blob} blob
 */
export function save(name, blob) {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(blob);
  link.download = name;
  document.body.append(link);
  link.click();
  link.remove();
  setTimeout(() => URL.revokeObjectURL(link.href), 10000);
}
