// Lines over the picture.

/** A line that shows on any ground: white on black, of a pixel of the screen. */
export function strokeTwice(context, path, pixel, color = "#fff") {
  context.lineCap = "square";
  context.lineJoin = "round";
  context.strokeStyle = "rgb(0 0 0 / 75%)";
  context.lineWidth = 3.5 * pixel;
  context.stroke(path);
  context.strokeStyle = color;
  context.lineWidth = 1.5 * pixel;
  context.stroke(path);
}

/** The crosshair of the keyboard, open in its middle. */
export function cross(x, y, pixel) {
  const path = new Path2D();
  for (const [dx, dy] of [
    [1, 0],
    [-1, 0],
    [0, 1],
    [0, -1],
  ]) {
    path.moveTo(x + 3 * pixel * dx, y + 3 * pixel * dy);
    path.lineTo(x + 14 * pixel * dx, y + 14 * pixel * dy);
  }
  return path;
}
