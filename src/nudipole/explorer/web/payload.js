// The data of the page: base64 text, deflated, header and float32 arrays (see payload.py).

/**
 * @typedef {{masses: number, overCube: number, photon: number, hbarc: number, second: number}} Widths
 * @typedef {[number, number, number | null, boolean, boolean]} RegionRecord first mass, lower edge, upper edge, ends
 * @typedef {{key: string, flavor: string, nature: string, preset: string, kind: string, cl: number, masses: number,
 *   regions: RegionRecord[]}} CurveRecord
 * @typedef {{title: string, short: string, family: string, color: string, kind: string, sky: boolean, basis: string, cl: number,
 *   references: string[], mechanism: string, summary: string, shortcuts: string[],
 *   sections: [string, string[][]][], presets: string[][], published: string[][]}} Experiment
 * @typedef {{key: string, flavor: string, preset: string, edge: string, source: string, convention: string, note: string,
 *   verdict: string, ratio: (number | null)[], masses: number, published: number}} CheckRecord
 * @typedef {{key: string, flavor: string, axis: string, rule: string, reason: string, threshold: boolean, oneSided: boolean,
 *   follows: boolean, masses: number, edges: number, dataEdges: number, group: number[], couplings: number | null,
 *   steps: number, logs: number, survival: [number, number] | null, own: number, observed: number | null, components: [string, number][], levels?: number,
 *   allowed?: number, data?: number, background?: number, sigma?: number, pulls?: [string, boolean][], shifts?: number,
 *   ownShifts?: number, moving?: number[], relative?: number, photons?: [number, number, number], operator: [number, number]}} TableRecord
 * @typedef {{version: string, muB: number, widths: Widths, families: string[][], experiments: Record<string, Experiment>,
 *   curves: CurveRecord[], checks: CheckRecord[], tables: TableRecord[], failures: string[],
 *   bibtex: Record<string, string>, arrays: number[]}} Header
 * @typedef {{header: Header, arrays: Float32Array[]}} Dataset
 */

/**
 * Inflate and decode the payload.
 * @param {string} encoded
 * @returns {Promise<Dataset>}
 */
export async function decodePayload(encoded) {
  const binary = atob(encoded.trim());
  const packed = new Uint8Array(binary.length);
  for (let i = 0; i < binary.length; i++) packed[i] = binary.charCodeAt(i);
  const stream = new Blob([packed]).stream().pipeThrough(new DecompressionStream("deflate"));
  const raw = new Uint8Array(await new Response(stream).arrayBuffer());
  const length = new DataView(raw.buffer).getUint32(0, true);
  const header = JSON.parse(new TextDecoder().decode(raw.subarray(4, 4 + length)));
  return { header, arrays: decodeArrays(raw.subarray(4 + length), header.arrays) };
}

/**
 * Arrays from byte planes of differences.
 * @param {Uint8Array} planes
 * @param {number[]} sizes
 * @returns {Float32Array[]}
 */
function decodeArrays(planes, sizes) {
  const total = planes.length / 4;
  const arrays = [];
  let place = 0;
  for (const size of sizes) {
    const words = new Uint32Array(size);
    let last = 0;
    for (let i = 0; i < size; i++, place++) {
      const step = planes[place] | (planes[total + place] << 8) | (planes[2 * total + place] << 16) | (planes[3 * total + place] << 24);
      last = (last + step) >>> 0;
      words[i] = last;
    }
    arrays.push(new Float32Array(words.buffer));
  }
  return arrays;
}
