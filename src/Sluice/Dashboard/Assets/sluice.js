// What every page does with JavaScript: its live parts ([data-live]) are loaded again every few seconds and put in the place of what stands there.
// The server alone makes HTML; what it sends is parsed here and compared with the page, so that focus, open details and selections stay.

const policy = self.trustedTypes?.createPolicy('sluice', { createHTML: text => text }) ?? { createHTML: text => text };
const main = document.querySelector('main');
const offline = document.getElementById('offline');

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

/** Somebody is about to press a button there: rows must not move under the pointer. */
const isInUse = part => part.querySelector('button:hover, button:focus-visible, summary:focus-visible') !== null;

async function refresh() {
  if (document.hidden) return;
  try {
    const answer = await fetch(location.href, { headers: { accept: 'text/html' } });
    if (answer.redirected) return location.reload(); // The session has ended.
    if (!answer.ok) throw new Error(answer.statusText);
    const page = parse(await answer.text());
    for (const part of document.querySelectorAll('[data-live]')) {
      const next = page.getElementById(part.id);
      if (next && !isInUse(part)) morph(part, next);
    }
    offline.hidden = true;
  } catch {
    offline.hidden = false;
  }
}

const seconds = Number(main.dataset.refresh);
if (seconds > 0) {
  setInterval(refresh, seconds * 1000);
  document.addEventListener('visibilitychange', refresh);
}
if (document.getElementById('stream')) import('./stream.js');
if (document.querySelector('[data-plot]')) import('./plots.js');
