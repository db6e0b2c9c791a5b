// The bars of docs/performance.md: CPU time per request of each server, per page, on a logarithmic scale.
const WIDTH = 760;
const LEFT = 250;
const RIGHT = 150;
const BAR = 18;
const STEP = 26;
const HEAD = 64;
const TITLE = 34;

const escape = (text) => text.replace(/&/g, '&amp;').replace(/</g, '&lt;');
const brief = (number) => (number < 100 ? number.toFixed(1) : number.toFixed(0).replace(/\B(?=(\d{3})+$)/g, ','));

const STYLE = `text { font: 13px system-ui, sans-serif; fill: #1f2523 }
.title { font-size: 16px; font-weight: 600 }
.small { font-size: 11px; fill: #55605c }
.grid { stroke: #d5dad7 }
.ground { fill: #fff }
.bar { fill: #8a9a94 }
.ours { fill: #1c7a5c }
@media (prefers-color-scheme: dark) {
text { fill: #e8ece9 }
.small { fill: #a9b4af }
.grid { stroke: #39423e }
.ground { fill: #161a19 }
.bar { fill: #6f7f79 }
.ours { fill: #4cc29a }
}`;

/** results: as summarized by run.mjs, { server, label, page, cpu, cpuRatio }. Returns an SVG file's text. */
export function plot(results, pages, machine) {
  const costs = results.map(({ cpu }) => cpu);
  const low = 10 ** Math.floor(Math.log10(Math.min(...costs)) - 0.3);
  const high = 10 ** Math.ceil(Math.log10(Math.max(...costs)));
  const x = (cost) => LEFT + (WIDTH - LEFT - RIGHT) * Math.log(cost / low) / Math.log(high / low);

  const parts = [];
  let y = HEAD;
  for (const { name, path } of pages) {
    const rows = results.filter(({ page }) => page === name);
    parts.push(`<text class="title" x="16" y="${y + 20}">${escape(path)}</text>`);
    y += TITLE;
    for (let tick = low; tick <= high; tick *= 10) {
      parts.push(`<line class="grid" x1="${x(tick).toFixed(1)}" x2="${x(tick).toFixed(1)}" y1="${y - 4}" y2="${y + rows.length * STEP}"/>`,
        `<text class="small" text-anchor="middle" x="${x(tick).toFixed(1)}" y="${y - 8}">${brief(tick).replace('.0', '')} µs</text>`);
    }
    for (const { server, label, cpu, cpuRatio } of rows) {
      const middle = y + BAR / 2 + 5;
      parts.push(`<text text-anchor="end" x="${LEFT - 10}" y="${middle}">${escape(label)}</text>`,
        `<rect class="${['fresh', 'asked', 'anew'].includes(server) ? 'ours' : 'bar'}" x="${LEFT}" y="${y}" width="${(x(cpu) - LEFT).toFixed(1)}" height="${BAR}" rx="3"/>`,
        `<text x="${(x(cpu) + 8).toFixed(1)}" y="${middle}">${brief(cpu)} µs, × ${brief(cpuRatio)}</text>`);
      y += STEP;
    }
    y += 18;
  }
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${y + 22}" role="img" aria-labelledby="t">
<title id="t">CPU time per request of each server, per page</title>
<style>
${STYLE}
</style>
<rect class="ground" width="100%" height="100%"/>
<text class="title" x="16" y="30">CPU time per request; × nginx, which serves the same pages as files</text>
<text class="small" x="16" y="48">Less is better; the scale is logarithmic.</text>
${parts.join('\n')}
<text class="small" x="16" y="${y + 8}">${escape(machine)}</text>
</svg>
`;
}
