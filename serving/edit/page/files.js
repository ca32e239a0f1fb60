// Scenes, maps and pictures as files.

import { paint, readMaps, readScene, writeMap, writeScene } from "./api.js";
import { download, element } from "./dom.js";
import { styleVector } from "./looks.js";

const FORMAT = { format: "tfhd-scene", version: 1 };

/** scene.json of a scene. */
export function settingsOf(scene) {
  const styles = [...scene.look.styles].filter(([id]) => scene.objects.has(id)).sort(([a], [b]) => a - b);
  return {
    ...FORMAT,
    name: scene.name,
    classes: scene.classes.names,
    seed: scene.look.seed,
    styles: styles.map(([id, style]) => ({ id, ...style })),
    locked: scene.idsWith("isLocked").sort((a, b) => a - b),
    hidden: scene.idsWith("isHidden").sort((a, b) => a - b),
  };
}

/** Saves a scene as one file. */
export async function saveScene(scene) {
  download(fileName(scene, ".tfhd.zip"), await writeScene(scene.maps, settingsOf(scene)), "application/zip");
}

/** What `new Scene` takes, of a scene file. */
export async function openScene(file) {
  const { settings, ...maps } = await readScene(await file.arrayBuffer());
  const styles = new Map(settings.styles.map(({ id, ...style }) => [id, style]));
  return {
    ...maps,
    name: settings.name,
    look: { seed: settings.seed, styles },
    locked: settings.locked,
    hidden: settings.hidden,
  };
}

/** What `new Scene` takes, of a label map and perhaps an instance map. */
export async function importMaps(labelFile, instanceFile) {
  const maps = await readMaps(await labelFile.arrayBuffer(), instanceFile && (await instanceFile.arrayBuffer()));
  return { ...maps, name: labelFile.name.replace(/\.[^.]*$/, "").slice(0, 200) };
}

/** Everything that a scene can be saved as: title, and a function that offers the file. */
export function exportsOf(editor) {
  const { scene, layers } = editor;
  const offer = (suffix, make) => async () => download(fileName(scene, suffix), await make());
  return [
    ["Picture", "PNG", offer(".png", () => pngOf(layers.picture))],
    ["Before and after", "PNG", offer("-before-after.png", async () => pngOf(beside(await beforeImage(editor), layers.picture)))],
    ["Label map", "PNG of ids", offer("-label.png", () => writeMap(scene, scene.maps.label))],
    ["Instance map", "PNG of ids", offer("-instance.png", () => writeMap(scene, scene.maps.instance))],
    ["Label map in colours", "PNG", offer("-colors.png", () => pngOf(colors(scene)))],
    ["Styles", "JSON", offer("-styles.json", () => new Blob([JSON.stringify(stylesOf(scene), null, 1)]))],
  ];
}

/** A canvas with the picture of the scene as it was opened. */
export async function beforeImage({ view, scene }) {
  if (!view.beforeImage) {
    const maps = scene.maps.copy();
    for (const command of scene.commands.slice(0, scene.position).reverse()) if (command.runs) maps.apply(command.runs, false);
    const look = scene.commands[0]?.before ?? scene.look;
    const { image } = await paint(maps, scene.styleList(look));
    view.beforeImage = element("canvas", { width: scene.width, height: scene.height });
    view.beforeImage.getContext("2d").putImageData(image, 0, 0);
  }
  return view.beforeImage;
}

/** Every object with its class and the vector that it is painted in. */
function stylesOf(scene) {
  const objects = [...scene.objects.values()].sort((a, b) => a.id - b.id);
  return {
    seed: scene.look.seed,
    objects: objects.map(({ id, label }) => {
      const item = scene.classes.ofLabel(label);
      return {
        instance: id,
        class: item?.name,
        own: scene.look.styles.get(id) ?? null,
        vector: styleVector(scene.look, id, item),
      };
    }),
  };
}

function colors(scene) {
  const canvas = element("canvas", { width: scene.width, height: scene.height });
  const context = canvas.getContext("2d");
  const image = context.createImageData(scene.width, scene.height);
  scene.maps.label.forEach((label, i) => image.data.set([...(scene.classes.ofLabel(label)?.color ?? [0, 0, 0]), 255], 4 * i));
  context.putImageData(image, 0, 0);
  return canvas;
}

function beside(left, right) {
  const canvas = element("canvas", { width: left.width + right.width, height: left.height });
  const context = canvas.getContext("2d");
  context.drawImage(left, 0, 0);
  context.drawImage(right, left.width, 0);
  return canvas;
}

function pngOf(canvas) {
  return new Promise((resolve) => canvas.toBlob(resolve, "image/png"));
}

/** A scene's name as that of a file: no folders, no control characters. */
function fileName(scene, suffix) {
  const plain = scene.name.replace(/[^\p{L}\p{N}._ -]+/gu, "-").replace(/^[.\s-]+/, "");
  return (plain.slice(0, 100) || "scene") + suffix;
}
