// The page Live traffic: rows as they come, from the server by server-sent events, already HTML.
import { parse } from './html.js';

const most = 200;
const stream = document.getElementById('stream');
const state = document.getElementById('stream-state');
const button = document.getElementById('stream-pause');
let waiting = [];
let isPaused = false;
let isDrawing = false;

function rowsOf() {
  let body = stream.querySelector('tbody');
  if (!body) {
    // The page said that there is nothing: the table that it would have had stands beside.
    const table = document.importNode(document.getElementById('stream-table').content, true);
    stream.replaceChildren(table);
    body = stream.querySelector('tbody');
    body.replaceChildren();
  }
  return body;
}

function draw() {
  isDrawing = false;
  if (isPaused || waiting.length === 0) return tell();
  const body = rowsOf();
  const page = parse(`<table><tbody>${waiting.slice(-most).reverse().join('')}</tbody></table>`);
  waiting = [];
  body.prepend(...page.querySelectorAll('tr'));
  while (body.rows.length > most) body.lastElementChild.remove();
  tell();
}

function tell() {
  const text = source.readyState === EventSource.CLOSED ? 'Not live: load the page again'
    : source.readyState === EventSource.CONNECTING ? 'Connecting'
    : isPaused ? `Paused${waiting.length ? `, ${waiting.length} new` : ''}` : 'Live';
  if (state.textContent !== text) state.textContent = text;
  state.className = `tag ${text === 'Live' ? 'good' : 'warn'}`;
}

function later() {
  if (!isDrawing) {
    isDrawing = true;
    setTimeout(() => requestAnimationFrame(draw), 200);
  }
}

const source = new EventSource(`/traffic/rows${location.search}`);
source.addEventListener('row', event => {
  waiting.push(event.data);
  if (waiting.length > 5 * most) waiting = waiting.slice(-most);
  later();
});
source.onopen = source.onerror = tell;
button.hidden = false;
button.addEventListener('click', () => {
  isPaused = !isPaused;
  button.textContent = isPaused ? 'Resume' : 'Pause';
  draw();
});
tell();
