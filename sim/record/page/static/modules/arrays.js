// Reads what `pack.py` writes: arrays quantised, differenced, deflated, in base64.
const TYPES = {
  uint8: Uint8Array, int8: Int8Array, uint16: Uint16Array, int16: Int16Array,
  int32: Int32Array, uint32: Uint32Array, float32: Float32Array,
};

export async function unpack(text) {
  const packed = Uint8Array.from(atob(text.trim()), (c) => c.charCodeAt(0));
  const stream = new Blob([packed]).stream().pipeThrough(new DecompressionStream("deflate"));
  const data = await new Response(stream).arrayBuffer();
  const size = new DataView(data).getUint32(0, true);
  const index = JSON.parse(new TextDecoder().decode(new Uint8Array(data, 4, size)));
  const arrays = {};
  for (const [name, entry] of Object.entries(index)) arrays[name] = read(data, 4 + size, entry);
  return arrays;
}

// One column: rows of `width` numbers; `values` are scaled, `rows` is their count.
function read(data, base, { type, shape, scale, differenced, offset }) {
  const count = shape.reduce((a, b) => a * b, 1);
  const raw = new TYPES[type](data.slice(base + offset, base + offset + count * TYPES[type].BYTES_PER_ELEMENT));
  const width = shape.length > 1 ? count / (shape[0] || 1) : 1;
  if (differenced) for (let i = width; i < raw.length; i++) raw[i] += raw[i - width];
  const values = scale === 1 ? raw : Float64Array.from(raw, (v) => v * scale);
  return { values, shape, rows: shape[0], width, row: (i) => values.subarray(i * width, (i + 1) * width) };
}
