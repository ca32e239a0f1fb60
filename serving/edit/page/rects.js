// Rectangles {left, top, right, bottom} of whole pixels; right and bottom are outside.

/** The smallest rectangle around two, either of which may be null. */
export function union(a, b) {
  if (!a || !b) return a ?? b;
  return {
    left: Math.min(a.left, b.left),
    top: Math.min(a.top, b.top),
    right: Math.max(a.right, b.right),
    bottom: Math.max(a.bottom, b.bottom),
  };
}

/** The part of a rectangle inside `width` x `height` pixels; null where there is none. */
export function clip(rect, width, height) {
  const clipped = {
    left: Math.max(0, Math.floor(rect.left)),
    top: Math.max(0, Math.floor(rect.top)),
    right: Math.min(width, Math.ceil(rect.right)),
    bottom: Math.min(height, Math.ceil(rect.bottom)),
  };
  return clipped.left < clipped.right && clipped.top < clipped.bottom ? clipped : null;
}

/** A rectangle that is larger by `margin` on every side. */
export function grown(rect, margin) {
  return { left: rect.left - margin, top: rect.top - margin, right: rect.right + margin, bottom: rect.bottom + margin };
}

/** The rectangle of a whole picture. */
export function whole({ width, height }) {
  return { left: 0, top: 0, right: width, bottom: height };
}
