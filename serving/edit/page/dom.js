// Helpers to build the page's elements.

/** The element of the page with an id. */
export function byId(id) {
  return document.getElementById(id);
}

/**
 * A new element. Properties that start with "on" are listeners, "data" and "aria" are maps of attributes, others are properties
 * of the element; children are elements and texts, which are never read as HTML.
 */
export function element(tag, { data = {}, aria = {}, ...properties } = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (name.startsWith("on")) made.addEventListener(name.slice(2).toLowerCase(), value);
    else if (name === "role") made.setAttribute("role", value);
    else made[name] = value;
  }
  for (const [name, value] of Object.entries(data)) made.dataset[name] = value;
  for (const [name, value] of Object.entries(aria)) made.setAttribute(`aria-${name}`, value);
  made.append(...children.filter((child) => child !== null && child !== undefined));
  return made;
}

/** One of the icons in the page's sprite. */
export function icon(name) {
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  svg.setAttribute("class", "icon");
  svg.setAttribute("aria-hidden", "true");
  const use = document.createElementNS("http://www.w3.org/2000/svg", "use");
  use.setAttribute("href", `#icon-${name}`);
  svg.append(use);
  return svg;
}

/** A button that shows an icon, named for those who do not see it. */
export function iconButton(name, title, onClick, properties = {}) {
  return element(
    "button",
    { type: "button", className: "icon-button", title, onClick, aria: { label: title }, ...properties },
    icon(name),
  );
}

/** A square in a class's colour. */
export function swatch(color) {
  const made = element("span", { className: "swatch", aria: { hidden: "true" } });
  made.style.backgroundColor = `rgb(${color.join(" ")})`;
  return made;
}

/** Offers bytes or a Blob as a file to save. */
export function download(name, content, type = "application/octet-stream") {
  const url = URL.createObjectURL(content instanceof Blob ? content : new Blob([content], { type }));
  element("a", { href: url, download: name }).click();
  setTimeout(() => URL.revokeObjectURL(url), 10_000);
}

/** Numbers as people read them: 12,345. */
export function readable(number) {
  return number.toLocaleString("en");
}
