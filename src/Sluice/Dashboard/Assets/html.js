// HTML from the server, which alone makes it: parsed, and compared with what stands in the page, so that focus, open details and selections stay.

const policy = self.trustedTypes?.createPolicy('sluice', { createHTML: text => text }) ?? { createHTML: text => text };
export const parse = text => new DOMParser().parseFromString(policy.createHTML(text), 'text/html');

/** Makes an element like another. Children with a data-key are found again by it, wherever they stand. */
export function morph(from, to) {
  if (from.nodeType === Node.TEXT_NODE) {
    if (from.data !== to.data) from.data = to.data;
    return;
  }
  for (const { name } of [...from.attributes])
    if (!to.hasAttribute(name) && !(name === 'open' && from.localName === 'details')) from.removeAttribute(name);
  for (const { name, value } of to.attributes)
    if (from.getAttribute(name) !== value) from.setAttribute(name, value);
  const keyed = new Map([...from.children].filter(child => child.dataset.key !== undefined).map(child => [child.dataset.key, child]));
  let place = from.firstChild;
  for (const next of [...to.childNodes]) {
    const key = next.dataset?.key;
    const same = key !== undefined ? keyed.get(key) : place?.nodeName === next.nodeName && place.dataset?.key === undefined ? place : undefined;
    if (!same) {
      from.insertBefore(document.importNode(next, true), place);
      continue;
    }
    keyed.delete(key);
    if (same === place) place = place.nextSibling;
    else from.insertBefore(same, place);
    morph(same, next);
  }
  while (place) {
    const gone = place;
    place = place.nextSibling;
    gone.remove();
  }
}
