// How arrays travel between the page and the server, see frames.py.

/** Encodes a header and parts (typed arrays or ArrayBuffers) as one Blob. */
export function pack(header, parts = []) {
  const lengths = parts.map((part) => part.byteLength);
  const text = new TextEncoder().encode(JSON.stringify({ ...header, parts: lengths }));
  return new Blob([new Uint32Array([text.length]), text, ...parts]);
}

/** Decodes a frame: its header and an ArrayBuffer for each part. */
export function unpack(buffer) {
  const length = new DataView(buffer).getUint32(0, true);
  const { parts: lengths, ...header } = JSON.parse(new TextDecoder().decode(new Uint8Array(buffer, 4, length)));
  const parts = [];
  let start = 4 + length;
  for (const size of lengths) {
    parts.push(buffer.slice(start, start + size));
    start += size;
  }
  return { header, parts };
}
