// What every page does with JavaScript: its live parts ([data-live]) are loaded again every few seconds and put in the place of what stands there.
import { morph, parse } from './html.js';

const main = document.querySelector('main');
const offline = document.getElementById('offline');

/** Somebody is about to press a button there: rows must not move under the pointer. */
const isInUse = part => part.querySelector('button:hover, button:focus-visible, summary:focus-visible') !== null;

async function refresh() {
  if (document.hidden) return;
  try {
    const answer = await fetch(location.href, { headers: { accept: 'text/html' } });
    if (answer.redirected) return location.reload(); // The session has ended.
    if (!answer.ok) throw new Error(answer.statusText);
    const page = parse(await answer.text());
    if (document.hidden) return; // Since it was asked for.
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
