// Edits of a scene: each is one step of its history.

import { fillFromAround } from "./fills.js";
import { styleVector, withStyles } from "./looks.js";
import { clippedMask, maskOfInstance, rectOf } from "./masks.js";
import { newId, regionId } from "./objects.js";

/** What the user asked for cannot be done; the message says why. */
export class EditError extends Error {}

/** Writes label and instance where a mask is, inside an edit; pixels of locked objects stay. */
export function stamp(scene, mask, label, instance) {
  const { maps, isLocked } = scene;
  for (let y = 0, from = 0; y < mask.height; y++) {
    let to = (mask.top + y) * maps.width + mask.left;
    for (let x = 0; x < mask.width; x++, from++, to++) {
      if (!mask.data[from] || isLocked[maps.instance[to]]) continue;
      maps.label[to] = label;
      maps.instance[to] = instance;
    }
  }
  scene.touch(rectOf(mask));
}

/** Fills the place of a mask from what surrounds it, inside an edit; pixels of locked objects stay. */
export function erase(scene, mask) {
  const open = withoutLocked(scene, mask);
  if (!open.data.includes(1)) return;
  fillFromAround(scene, open);
  scene.touch(rectOf(open));
}

function withoutLocked(scene, mask) {
  const { maps, isLocked } = scene;
  const data = mask.data.slice();
  for (let y = 0, i = 0; y < mask.height; y++) {
    let from = (mask.top + y) * maps.width + mask.left;
    for (let x = 0; x < mask.width; x++, i++, from++) if (isLocked[maps.instance[from]]) data[i] = 0;
  }
  return { ...mask, data };
}

function requireUnlocked(scene, parts) {
  if (!parts.length) throw new EditError("Select an object first.");
  const locked = parts.find((part) => scene.isLocked[part.id]);
  if (locked) throw new EditError(`The ${scene.classOf(locked.id)?.title ?? "object"} is locked; unlock it first.`);
}

/** Makes objects ones of another class: a countable one gets an id of its own, others join the class's region. */
export function changeClass(scene, parts, item) {
  requireUnlocked(scene, parts);
  const ids = [];
  scene.edit(`Change to ${item.title}`, () => {
    for (const part of parts) {
      const keepsId = item.countable && part.isWhole && scene.classOf(part.id)?.countable;
      const label = item.ids[0];
      const id = keepsId
        ? part.id
        : item.countable
          ? newId(scene.objects, scene.classes, label)
          : regionId(scene.objects, scene.classes, item);
      scene.introduce(id, label);
      stamp(scene, part.mask, label, id);
      if (keepsId) scene.draftLook(withStyles(scene.shownLook, [id], null));
      ids.push(id);
    }
  });
  return ids;
}

/** Makes one object of several: they get the class, the id and the style of the first. Returns its id. */
export function merge(scene, parts) {
  requireUnlocked(scene, parts);
  const [first, ...others] = parts;
  if (!others.length) throw new EditError("Select the objects to join: click one, and Shift-click the others.");
  scene.edit(`Join ${parts.length} objects`, () => {
    for (const part of others) stamp(scene, part.mask, first.label, first.id);
    const gone = others.filter((part) => part.isWhole && part.id !== first.id).map((part) => part.id);
    scene.draftLook(withStyles(scene.shownLook, gone, null));
  });
  return first.id;
}

/** Deletes objects. */
export function deleteParts(scene, parts) {
  requireUnlocked(scene, parts);
  scene.edit(
    parts.length > 1 ? `Delete ${parts.length} objects` : `Delete ${scene.classOf(parts[0].id)?.title ?? "object"}`,
    () => {
      for (const part of parts) erase(scene, part.mask);
      const gone = parts.filter((part) => part.isWhole).map((part) => part.id);
      scene.draftLook(withStyles(scene.shownLook, gone, null));
    },
  );
}

/** Gives objects a style, {style} or {vector}, or null for the drawn one; one tree of a row becomes an object of its own. */
export function setStyle(scene, parts, style) {
  requireUnlocked(scene, parts);
  let ids = [];
  scene.edit("Change style", () => {
    ids = parts.map((part) => ownId(scene, part));
    scene.draftLook(withStyles(scene.shownLook, ids, style));
  });
  return ids;
}

/** The id of a part of the scene, which gets one of its own where it shares one with others; inside an edit. */
export function ownId(scene, part) {
  if (part.isWhole) return part.id;
  const id = newId(scene.objects, scene.classes, part.label);
  scene.introduce(id, part.label);
  stamp(scene, part.mask, part.label, id);
  return id;
}

/** Gives all objects of a class a style. */
export function setClassStyle(scene, item, style) {
  scene.edit(`Change style of all ${item.title}`, () => {
    const ids = [...scene.objects.values()].filter((object) => item.ids.includes(object.label)).map((object) => object.id);
    scene.draftLook(withStyles(scene.shownLook, ids, style));
  });
}

/** What a copy of objects holds; it can be pasted into other scenes. */
export function copyOf(scene, parts) {
  return parts.map((part) => {
    const item = scene.classOf(part.id);
    return {
      label: part.label,
      mask: part.mask,
      vector: styleVector(scene.look, part.id, item),
      size: { width: scene.width, height: scene.height },
    };
  });
}

/** Pastes copies, moved by some pixels; every single object gets an id of its own. Returns the ids. */
export function paste(scene, copies, moved, title = "Paste") {
  const ids = [];
  scene.edit(title, () => {
    for (const copy of copies) {
      const item = scene.classes.ofLabel(copy.label);
      const placed = { ...copy.mask, left: copy.mask.left + moved.x, top: copy.mask.top + moved.y };
      const mask = clippedMask(placed, scene.maps) ?? clippedMask({ ...copy.mask, left: 0, top: 0 }, scene.maps);
      const id = newId(scene.objects, scene.classes, copy.label);
      scene.introduce(id, copy.label);
      stamp(scene, mask, copy.label, id);
      if (copy.vector && item?.styles.length) scene.draftLook(withStyles(scene.shownLook, [id], { vector: copy.vector }));
      ids.push(id);
    }
  });
  return ids;
}

/** The mask of a whole object. */
export function maskOf(scene, id) {
  return maskOfInstance(scene.maps, id, scene.objects.get(id).box);
}
