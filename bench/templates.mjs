// What rendering costs: the list with our engine and its peers, one thread each, and a letting's page beside its bytes.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { get, PROGRAM, ROOT } from '../tests/http/harness.mjs';
import { FULL_PAGE } from './data.mjs';
import { load, median } from './measure.mjs';
import { buildGo, DEBIANS_PYTHON, lacks, ours, start } from './servers.mjs';

const BUILD = dirname(PROGRAM);
const FOLDER = join(ROOT, 'bench/templates');
const GO_BINARY = join(ROOT, 'build/bench/go-render');

function buildOurs(name) {
  const { status, stdout, stderr, error } = spawnSync('ninja', ['-C', BUILD, `bench/${name}`], { encoding: 'utf8', timeout: 300_000 });
  return status === 0 ? null : `its build failed: ${error?.message ?? stdout + stderr}`;
}

const python = (name) => ({ command: DEBIANS_PYTHON, args: [join(FOLDER, name, 'render.py')], templates: name });

/** Each prints how often it has rendered the list, and the seconds of CPU time it took; the first is ours. */
const ENGINES = [
  { name: 'ours', label: 'OC Lettings', command: join(BUILD, 'bench/bench-render'), args: [], templates: 'django', missing: () => buildOurs('bench-render') },
  { name: 'django', label: 'Django', ...python('django'), missing: () => lacks(DEBIANS_PYTHON, '-c', 'import django') },
  { name: 'jinja2', label: 'Jinja2', ...python('jinja2'), missing: () => lacks(DEBIANS_PYTHON, '-c', 'import jinja2') },
  {
    name: 'go', label: 'Go, html/template', command: GO_BINARY, args: [], templates: 'go',
    missing: () => lacks('go', 'version') ?? buildGo('templates/go', GO_BINARY),
  },
];

/** Engines write quotes differently, so the data has none; it has what all escape alike. */
function writeData(path) {
  const endings = ['by the water', '& garden <3 rooms>', 'with a view of the harbour and the hills', 'A'];
  const pages = { Home: '/', Lettings: '/lettings/', Profiles: '/profiles/' };
  const lettings = Array.from({ length: FULL_PAGE }, (_, i) => ({
    id: i + 1,
    title: `Cottage ${i + 1} ${endings[i % endings.length]}`,
    address: { number: 1 + i * 37, street: 'Harbour Street', city: `Port ${i % 7} & Bay`, state: ['GA', 'OH', 'VA', 'AL'][i % 4], zip_code: 100 + i * 1907 },
  }));
  writeFileSync(path, JSON.stringify({
    site_name: 'Holiday Homes & more', section: '/lettings/', nav: Object.entries(pages).map(([label, url]) => ({ label, url })), lettings,
  }));
}

function renderList({ command, args, templates, name }, dir, seconds) {
  const output = join(dir, `${name}.html`);
  const { status, stdout, stderr, error } = spawnSync(command, [...args, join(dir, 'data.json'), join(FOLDER, templates), String(seconds), output],
    { encoding: 'utf8', timeout: (seconds + 60) * 1000, env: { ...process.env, GOMAXPROCS: '1', PYTHONDONTWRITEBYTECODE: '1' } });
  if (error) throw error;
  assert.equal(status, 0, stderr);
  const [renderings, used] = stdout.trim().split(' ').map(Number);
  return { us: used / renderings * 1e6, bytes: readFileSync(output) };
}

/** Microseconds of CPU time for the list: [{ name, label, us, ratio, bytes }]; ratios are to ours, within a round. */
export function compareEngines(run, { rounds, seconds }, progress) {
  const dir = join(run.dir, 'templates');
  mkdirSync(dir);
  writeData(join(dir, 'data.json'));
  const engines = ENGINES.filter((engine) => {
    const reason = engine.missing();
    if (reason) console.log(`left out: ${engine.label}: ${reason}`);
    return !reason;
  });
  const results = [];
  for (let round = 0; round < rounds; round++) {
    results.push(Object.fromEntries(engines.map((engine) => {
      progress(`round ${round + 1} of ${rounds}: the list, ${engine.label}`);
      return [engine.name, renderList(engine, dir, seconds)];
    })));
  }
  progress('');
  return engines.map(({ name, label }) => {
    for (const round of results) assert.ok(round[name].bytes.equals(results[0].ours.bytes), `${label} renders other bytes: see ${dir}`);
    return {
      name, label, us: median(results.map((round) => round[name].us)),
      ratio: median(results.map((round) => round[name].us / round.ours.us)), bytes: results[0].ours.bytes.length,
    };
  });
}

const LETTING = { page: '/lettings/1/', constant: '/bench/1/constant/', queried: '/bench/1/queried/' };

/** CPU time per request of a letting's page, of the same bytes as a constant, and of these after the page's queries. */
export async function compareWithConstant(run, { rounds, seconds }, progress) {
  const reason = buildOurs('bench-server');
  if (reason) return console.log(`left out: a letting's page beside a constant: ${reason}`);
  const server = { name: 'bench', start: ours({ PAGE_CACHE_SIZE: '0' }, join(BUILD, 'bench/bench-server')) };
  const costs = [];
  for (let round = 0; round < rounds; round++) {
    const running = await start(server, run);
    const { bytes } = await get(running.url + LETTING.page);
    const cost = {};
    for (const [name, path] of Object.entries(LETTING)) {
      assert.ok((await get(running.url + path)).bytes.equals(bytes), `${path} gives other bytes`);
      progress(`round ${round + 1} of ${rounds}: a letting's page, ${name}`);
      cost[name] = (await load(running.url + path, running.pid, seconds)).cpu;
    }
    await running.stop();
    costs.push(cost);
  }
  progress('');
  const of = (name) => median(costs.map((cost) => cost[name]));
  return {
    page: of('page'), constant: of('constant'), queried: of('queried'),
    ratio: median(costs.map(({ page, constant, queried }) => (page - queried + constant) / constant)),
  };
}
