// The plots of the overview: what the server has drawn is drawn again by uPlot, with axes and a cursor, and a point is added every second.

const history = 300;
const style = name => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
const number = new Intl.NumberFormat('en', { maximumFractionDigits: 1 });
const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB'];

function bytes(value) {
  let unit = 0;
  while (value >= 1000 && unit < units.length - 1) [value, unit] = [value / 1024, unit + 1];
  return `${number.format(value)} ${units[unit]}`;
}

// Ticks of sizes stand at round numbers of their units.
const powers = Array.from({ length: 50 }, (_, i) => 2 ** i);

const written = {
  count: number.format,
  milliseconds: value => value >= 1000 ? `${number.format(value / 1000)} s` : `${number.format(value)} ms`,
  percent: value => `${number.format(value)} %`,
  bytes,
};

/** Of the server's columns those that a plot shows; a share is a column of its own. */
const column = (series, name) => name === 'ratio' ? series.hits.map((hits, i) => series.lookups[i] ? 100 * hits / series.lookups[i] : null) : series[name];

/** Values with nothing on either side: no line leads through them. */
const lonely = (plot, line) => plot.data[line].flatMap((value, i, all) => value != null && all[i - 1] == null && all[i + 1] == null ? [i] : []);

class Plot {
  constructor(figure) {
    this.figure = figure;
    this.place = figure.querySelector('.plot');
    this.names = figure.dataset.plot.split(' ');
    this.labels = figure.dataset.labels.split('|');
    this.write = written[figure.dataset.unit];
  }

  options() {
    const [axis, grid] = [style('--faint'), style('--line')];
    const font = '12px system-ui, sans-serif';
    const write = (_, value) => value == null ? '–' : this.write(value);
    return {
      width: this.place.clientWidth, height: this.place.clientHeight, padding: [8, 26, 0, 0],
      legend: { show: false }, cursor: { y: false, points: { size: 6 }, drag: { x: false } },
      scales: { y: { range: (_, low, high) => [0, this.figure.dataset.unit === 'percent' ? 100 : Math.max(high * 1.1, 1)] } },
      axes: [
        { stroke: axis, font, grid: { show: false }, ticks: { stroke: grid, size: 4 }, size: 28, space: 70, values: (_, ticks) => ticks.map(t => new Date(t * 1000).toLocaleTimeString('en-GB')) },
        { stroke: axis, font, grid: { stroke: grid, width: 1 }, ticks: { show: false }, size: 64, gap: 4, space: 32, ...(this.figure.dataset.unit === 'bytes' && { incrs: powers }), values: (_, ticks) => ticks.map(this.write) },
      ],
      series: [{}, ...this.names.map((name, i) => ({ label: this.labels[i], stroke: style(`--plot-${i + 1}`), width: 1.75, points: { show: true, size: 4, filter: lonely }, value: write }))],
      hooks: { setCursor: [plot => this.tell(plot.cursor.idx)] },
    };
  }

  draw(series) {
    this.data = [series.time, ...this.names.map(name => column(series, name))];
    if (this.chart) this.chart.setData(this.data);
    else {
      this.place.replaceChildren();
      this.place.setAttribute('aria-hidden', 'true');
      this.chart = new uPlot(this.options(), this.data, this.place);
    }
    this.tell(this.chart.cursor.idx);
  }

  /** The values under the cursor, or the last ones, beside their names. */
  tell(at) {
    if (!this.data) return;
    this.figure.querySelectorAll('.key b').forEach((place, i) => {
      const values = this.data[i + 1];
      const value = at == null ? values.at(-1) : values[at];
      place.textContent = value == null ? '–' : this.write(value);
    });
  }

  again() {
    this.chart?.destroy();
    this.chart = null;
  }
}

const plots = [...document.querySelectorAll('[data-plot]')].map(figure => new Plot(figure));
let series;

const draw = () => series && plots.forEach(plot => plot.draw(series));

async function load() {
  const answer = await fetch(`/v1/traffic?seconds=${history}&top=1`);
  if (answer.ok) ({ series } = await answer.json());
  draw();
}

function redraw() {
  plots.forEach(plot => plot.again());
  draw();
}

const source = new EventSource('/seconds');
source.addEventListener('second', event => {
  const point = JSON.parse(event.data);
  if (!series || point.time <= series.time.at(-1)) return;
  for (const name of Object.keys(series)) {
    series[name].push(point[name]);
    if (series[name].length > history) series[name].shift();
  }
  if (!document.hidden) draw();
});
// Also after it was broken off: what has been missed is loaded.
source.onopen = load;
matchMedia('(prefers-color-scheme: dark)').addEventListener('change', redraw);
new ResizeObserver(() => plots.forEach(plot => plot.chart?.setSize({ width: plot.place.clientWidth, height: plot.place.clientHeight }))).observe(document.querySelector('main'));
