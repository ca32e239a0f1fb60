// The look of a scene: which style every object has. Looks are never changed, only replaced.

/** A look in which `seed` draws the styles of all objects; a negative one gives each class's most frequent style. */
export function drawnLook(seed) {
  return { seed, styles: new Map() };
}

/** The same look with a style, {style: number} or {vector}, for some objects; null takes an object's own style away. */
export function withStyles(look, ids, style) {
  const styles = new Map(look.styles);
  for (const id of ids) {
    if (style) styles.set(id, style);
    else styles.delete(id);
  }
  return { ...look, styles };
}

/** Number of the style that an object has; -1 where it has a vector of its own or its class has no styles. */
export function styleNumber(look, id, item) {
  if (!item?.styles.length) return -1;
  const own = look.styles.get(id);
  if (own?.vector) return -1;
  return own && own.style < item.styles.length ? own.style : look.seed < 0 ? 0 : hash(look.seed, id) % item.styles.length;
}

/** The style vector of an object; null where its class has no styles and it none of its own. */
export function styleVector(look, id, item) {
  return look.styles.get(id)?.vector ?? item?.styles[styleNumber(look, id, item)] ?? null;
}

/** Least and greatest value of each channel over a class's styles: [[low, high], ...]. */
export function styleExtremes(item) {
  const channels = item.styles[0]?.length ?? 0;
  return Array.from({ length: channels }, (_, channel) => {
    const values = item.styles.map((style) => style[channel]);
    return [Math.min(...values), Math.max(...values)];
  });
}

/** Equal to what the model's signatures compute, so that `tfhd synthesize --seed` paints the same picture. */
function hash(seed, id) {
  let value = (id + Math.imul(seed, 0x9e3779b1) + 1) >>> 0;
  value = Math.imul(value ^ (value >>> 16), 0x85ebca6b) >>> 0;
  value = Math.imul(value ^ (value >>> 13), 0xc2b2ae35) >>> 0;
  return (value ^ (value >>> 16)) >>> 0;
}
