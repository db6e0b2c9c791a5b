// script/bench: the site beside its peers, in one run on this machine.
import { spawnSync } from 'node:child_process';
import { rmSync, writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { get, temporaryFolder } from '../tests/http/harness.mjs';
import { skipWithoutPostgres } from '../tests/postgres.mjs';
import { fetchPages, FULL_PAGE, growthPages, makeFindable, makeLettings } from './data.mjs';
import { firstByte, load, median, memoryMiB, treeOf } from './measure.mjs';
import { plot } from './plot.mjs';
import { comparePostgres } from './postgres.mjs';
import { describeMachine, printConstant, printEngines, printGoals, printGrowth, printPages, printPostgres, printStart } from './report.mjs';
import { SERVERS, start } from './servers.mjs';
import { compareEngines, compareWithConstant } from './templates.mjs';

const USAGE = `usage: script/bench [OPTION...]
  --seconds N     of each load (2)
  --rounds N      of which the medians are taken (3); of one, which is a trial, nothing is warmed up before
  --only A,B      of nginx, fresh, asked, anew, rendered, go, node, django; nginx is always measured
  --only postgres a letting's page read from PostgreSQL, beside pgbench
  --log           with access logs
  --templates     the templates alone
  --growth ROWS   lettings for what growth costs (1000000); 0: leave that out
  --json FILE     write the figures
  --plot FILE     write the plot, an SVG`;

function options() {
  const { values } = parseArgs({
    options: {
      seconds: { type: 'string', default: '2' }, rounds: { type: 'string', default: '3' }, only: { type: 'string' },
      log: { type: 'boolean', default: false }, templates: { type: 'boolean', default: false }, growth: { type: 'string', default: '1000000' },
      json: { type: 'string' }, plot: { type: 'string' }, help: { type: 'boolean' },
    },
  });
  const number = (name, least) => {
    const value = Number(values[name]);
    if (!Number.isInteger(value) || value < least) throw new Error(`--${name}: a whole number from ${least} on`);
    return value;
  };
  const only = values.only?.split(',');
  if (values.only === 'postgres') return { ...values, seconds: number('seconds', 1), rounds: number('rounds', 1) };
  const unknown = only?.find((name) => !SERVERS.some((server) => server.name === name));
  if (unknown !== undefined) throw new Error(`--only: there is no ${unknown}; there are ${SERVERS.map(({ name }) => name).join(', ')}`);
  if (values.templates && only) throw new Error('--templates: not with --only');
  return { ...values, only, seconds: number('seconds', 1), rounds: number('rounds', 1), growth: number('growth', 0) };
}

const progress = (text) => process.stderr.isTTY && process.stderr.write(`\r\x1b[K${text}`);

function chosen(only) {
  return SERVERS.filter((server) => {
    if (only && server.name !== 'nginx' && !only.includes(server.name)) return false;
    const reason = server.missing();
    if (reason) console.log(`left out: ${server.label}: ${reason}`);
    return !reason;
  });
}

/** Starts the servers one after the other in each round: [{ server, page, rate, p50, p99, cpu, memory }]. */
async function comparePages(servers, run, { rounds, seconds }) {
  const results = [];
  for (let round = 0; round < rounds; round++) {
    for (const server of servers) {
      const running = await start(server, run);
      const loads = [];
      for (const page of run.pages) {
        const { bytes } = await get(running.url + page.path);
        progress(`round ${round + 1} of ${rounds}: ${server.label}, ${page.name}`);
        loads.push({ server: server.name, page: page.name, bytes: bytes.length, round, ...await load(running.url + page.path, running.pid, seconds, run) });
      }
      const memory = memoryMiB(treeOf(running.pid));
      await running.stop();
      results.push(...loads.map((one) => ({ ...one, memory })));
    }
  }
  progress('');
  return results;
}

/** The medians over the rounds; ratios are taken within a round, of this to nginx. */
function summarize(results, servers, pages) {
  return pages.flatMap((page) => servers.map((server) => {
    const mine = results.filter((one) => one.server === server.name && one.page === page.name);
    const of = (name) => median(mine.map((one) => one[name]));
    const ratio = (name) => median(mine.map((one) =>
      one[name] / results.find((other) => other.server === 'nginx' && other.page === page.name && other.round === one.round)[name]));
    return { server: server.name, label: server.label, page: page.name, bytes: of('bytes'), rate: of('rate'), p50: of('p50'), p99: of('p99'),
      cpu: of('cpu'), memory: of('memory'), rateRatio: ratio('rate'), cpuRatio: ratio('cpu') };
  }));
}

/** What the site is meant to reach: [{ what, bound, measured, reached }]; only what was measured. */
function judge({ results = [], pages = [], firstByteMs, growth, engines, constant, postgres }) {
  const ratio = (page, one, other, name) => {
    const of = (server, round) => results.find((each) => each.server === server && each.page === page && each.round === round);
    const rounds = [...new Set(results.map(({ round }) => round))].filter((round) => of(one, round) && of(other, round));
    return rounds.length ? median(rounds.map((round) => of(one, round)[name] / of(other, round)[name])) : undefined;
  };
  const best = pages.some(({ server }) => server === 'fresh') ? 'fresh' : 'rendered';
  const worst = (belongs) => (growth ? Math.max(...growth.filter(({ page }) => belongs(page)).map((each) => each.ratio)) : undefined);
  const engine = (name) => engines?.find((one) => one.name === name)?.ratio;
  const goals = [
    { what: 'letting, proven fresh: CPU, × nginx', most: 1.1, measured: ratio('letting', 'fresh', 'nginx', 'cpu') },
    { what: 'letting, asked for changes: CPU, × nginx', most: 1.8, measured: ratio('letting', 'asked', 'nginx', 'cpu') },
    { what: 'letting, read anew: CPU, × nginx', most: 1.8, measured: ratio('letting', 'anew', 'nginx', 'cpu') },
    { what: 'letting, read and rendered anew: CPU, × nginx', most: 1.8, measured: ratio('letting', 'rendered', 'nginx', 'cpu') },
    { what: 'list of 50, asked for changes: CPU, × nginx', most: 2.5, measured: ratio('list', 'asked', 'nginx', 'cpu') },
    { what: 'list of 50, read anew: CPU, × nginx', most: 2.5, measured: ratio('list', 'anew', 'nginx', 'cpu') },
    { what: 'list of 50, read and rendered anew: CPU, × nginx', most: 2.5, measured: ratio('list', 'rendered', 'nginx', 'cpu') },
    { what: 'letting: requests/s, × Django', least: 60, measured: ratio('letting', best, 'django', 'rate') },
    { what: 'letting: requests/s, × Go', least: 4, measured: ratio('letting', best, 'go', 'rate') },
    { what: 'first byte, ms', most: 50, measured: firstByteMs },
    { what: 'PSS after the load, MiB', most: 40, measured: pages.find(({ server }) => server === best)?.memory },
    { what: 'growth, the worst page, ×', most: 1.5, measured: worst((page) => !isMeeting(page)) },
    { what: 'growth, the worst search of several words, ×', most: 1.5, measured: worst(isMeeting) },
    { what: 'templates: the list, × Django', least: 40, measured: engine('django') },
    { what: 'templates: the list, × Jinja2', least: 15, measured: engine('jinja2') },
    { what: 'templates: the list, × Go', least: 5, measured: engine('go') },
    { what: "letting from PostgreSQL, read anew, × pgbench's rate", least: 0.45, measured: postgres?.ratio },
    { what: '… × that of its first statement alone', least: 0.45, measured: postgres?.firstRatio },
    { what: 'letting without its queries: CPU, × a constant', most: 1.25, measured: constant?.ratio },
  ];
  return goals.filter(({ measured }) => measured !== undefined).map(({ what, most, least, measured }) => ({
    what, measured, bound: most ? `≤ ${most}` : `≥ ${least}`, reached: most ? measured <= most : measured >= least,
  }));
}

async function timeStart(run, times = run.cold ? 1 : 7) {
  const server = SERVERS.find(({ name }) => name === 'rendered');
  const all = [];
  for (let i = 0; i < times; i++) {
    const running = await start(server, run, (port, since) => firstByte(port, run.pages[0].path, since));
    all.push(running.waited);
    await running.stop();
  }
  return median(all);
}

/** What a page costs with many lettings, and what it is held against: the same page, or of the list the first, of few. */
const baseOf = (page) => (/ page$/.test(page) ? 'first page' : /never/.test(page) ? 'search' : page);
/** Of those, the cost depends on how often they meet. */
const isMeeting = (page) => /words| and /.test(page);
const isFound = (page) => /^(search|filter)/.test(page);

/** CPU time per request on few and on many rows: [{ page, base, few, many, ratio }]. */
async function measureGrowth(run, { growth, rounds, seconds }) {
  const server = SERVERS.find(({ name }) => name === 'rendered');
  progress(`making ${growth} lettings`);
  const many = { ...run, database: makeLettings(`${run.dir}/many`, growth) };
  const findable = { ...run, database: makeFindable(`${run.dir}/findable`) };
  const costs = [];
  const measure = async (one, rows, wanted = () => true) => {
    const running = await start(server, one);
    const cost = {};
    for (const [page, path] of Object.entries(await growthPages(running.url, rows)).filter(([page]) => wanted(page))) {
      progress(`growth: ${page} of ${rows}`);
      cost[page] = (await load(running.url + path, running.pid, Math.min(seconds, 1), run)).cpu;
    }
    await running.stop();
    return cost;
  };
  for (let round = 0; round < rounds; round++) {
    costs.push({
      few: { ...await measure(run, FULL_PAGE, (page) => page === baseOf(page) && !isFound(page)), ...await measure(findable, FULL_PAGE, isFound) },
      many: await measure(many, growth),
    });
  }
  progress('');
  return Object.keys(costs[0].many).map((page) => ({
    page, base: baseOf(page), few: median(costs.map(({ few }) => few[baseOf(page)])), many: median(costs.map(({ many: cost }) => cost[page])),
    ratio: median(costs.map(({ few, many: cost }) => cost[page] / few[baseOf(page)])),
  }));
}

async function measurePages(servers, run, wanted) {
  const results = await comparePages(servers, run, wanted);
  const pages = summarize(results, servers, run.pages);
  printPages(pages, run.pages);
  const firstByteMs = await timeStart(run);
  printStart(firstByteMs);
  const growth = wanted.growth ? await measureGrowth(run, wanted) : null;
  if (growth) printGrowth(growth, wanted.growth);
  return { results, pages, firstByteMs, growth };
}

async function measureTemplates(run, wanted) {
  const engines = compareEngines(run, wanted, progress);
  printEngines(engines);
  const constant = await compareWithConstant(run, wanted, progress);
  if (constant) printConstant(constant);
  return { engines, constant };
}

async function measurePostgres(wanted) {
  if (skipWithoutPostgres()) throw new Error('there is no PostgreSQL server: script/bootstrap test installs it');
  const postgres = await comparePostgres(wanted);
  const goals = judge({ postgres });
  printPostgres(postgres);
  printGoals(goals);
  if (wanted.json) writeFileSync(wanted.json, `${JSON.stringify({ postgres, goals }, null, 1)}\n`);
}

async function main() {
  const wanted = options();
  if (wanted.help) return console.log(USAGE);
  if (spawnSync('wrk', ['-v']).error) throw new Error('there is no wrk, which makes the load: script/bootstrap bench installs it');
  if (wanted.only === 'postgres') return measurePostgres(wanted);
  const servers = wanted.templates ? [] : chosen(wanted.only);
  const dir = temporaryFolder();
  const run = { dir, database: makeLettings(`${dir}/few`), log: wanted.log, cold: wanted.rounds === 1, pages: [{ path: '/lettings/' }] };
  const own = await start(SERVERS.find(({ name }) => name === 'rendered'), run);
  run.pages = await fetchPages(own.url);
  await own.stop();

  const machine = describeMachine(wanted);
  console.log(machine);
  const figures = {
    ...(wanted.templates ? {} : await measurePages(servers, run, wanted)),
    ...(wanted.only ? {} : await measureTemplates(run, wanted)),
  };
  const goals = judge(figures);
  printGoals(goals);

  const { results: _, ...kept } = figures;
  if (wanted.json) writeFileSync(wanted.json, `${JSON.stringify({ machine, ...kept, goals }, null, 1)}\n`);
  if (wanted.plot && figures.pages) writeFileSync(wanted.plot, plot(figures.pages, run.pages, machine));
  rmSync(dir, { recursive: true, force: true });
}

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => process.exit(1));
try {
  await main();
} catch (error) {
  const ours = error.code?.startsWith('ERR_PARSE_ARGS') || error.message.startsWith('--');
  console.error(ours ? `${error.message}\n${USAGE}` : error);
  process.exit(ours ? 2 : 1);
}
