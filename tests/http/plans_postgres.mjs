// What PostgreSQL does for the statements of public pages, as it says itself (auto_explain).
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { environment, get, PROGRAM, startServer, temporaryFolder } from './harness.mjs';
import { startPostgres } from '../postgres.mjs';

/** Rows that a step may go through: some pages, or one tier of a search with what it leaves out. */
const FEW = 1000;
const SORTED = 250;
/** Behind five uses a prepared statement may have another plan. */
const TIMES = 7;

const EXPLAIN = {
  session_preload_libraries: 'auto_explain', 'auto_explain.log_analyze': 'on', 'auto_explain.log_timing': 'off',
  'auto_explain.log_nested_statements': 'on', 'auto_explain.log_format': 'json', log_min_messages: 'log', log_line_prefix: '%a|',
};

/** The pages, each as the first, the middle and the last of its list. */
function pathsOf(server, { lettings, profiles }) {
  const [[city, state]] = server.sql('SELECT city, state FROM lettings_search_city ORDER BY lettings DESC LIMIT 1;', 'site').split('\n').map((line) => line.split('|'));
  const filters = [`state=${state}`, `city=${city}`, `state=${state}&city=${city}`, 'state=ZZ', `state=${state}&city=Elsewhere`];
  const name = server.sql('SELECT username FROM auth_user ORDER BY id DESC LIMIT 1;', 'site');
  const middle = (count) => Math.floor(count / 2);
  return ['/', '/lettings/', `/lettings/?after=${middle(lettings)}`, `/lettings/?before=${middle(lettings)}`, '/lettings/?last=1',
    ...filters.flatMap((filter) => [`/lettings/?${filter}`, `/lettings/?${filter}&after=${middle(lettings)}`, `/lettings/?${filter}&last=1`]),
    ...['cottage', 'cott', 'cotage', 'sunny cottage', 'sunny cottage with pool', 'zzzz', 'sunny zzzz', city.toLowerCase(), `cottage ${state}`]
      .flatMap((words) => [`/lettings/?q=${encodeURIComponent(words)}`, `/lettings/?q=${encodeURIComponent(words)}&state=${state}`]),
    '/lettings/1/', `/lettings/${lettings}/`, `/lettings/${lettings + 7}/`, '/profiles/', `/profiles/?after=${middle(profiles)}`, '/profiles/?last=1',
    `/profiles/${name}/`, '/profiles/nobody/', '/sitemap.xml', '/sitemap-pages.xml', '/sitemap-lettings-999.xml'];
}

const parts = (node) => [node, ...(node.Plans ?? []).flatMap(parts)];
const through = (node) => (node['Actual Rows'] + (node['Rows Removed by Filter'] ?? 0) + (node['Rows Removed by Index Recheck'] ?? 0)) * node['Actual Loops'];

/** A search goes through the blocks of its words, 1024 keys each, until it has enough: words that never meet are read to
    the end, those of a beginning in some blocks. */
const worstSearch = (count) => Math.max(FEW, 3 * Math.ceil(count / 1024) + FEW);
const IS_SEARCH = /FROM lettings_search_met\(/;

/** What is wrong with a plan. */
function faultsOf({ 'Query Text': text, Plan: plan }, { lettings }) {
  return parts(plan).filter((node) => !/^pg_/.test(node['Relation Name'])).flatMap((node) => {
    const type = node['Node Type'];
    const rows = through(node);
    const most = IS_SEARCH.test(text) ? worstSearch(lettings) : null;
    const name = `${type} on ${node['Relation Name'] ?? '-'} goes through ${rows} rows: ${text}`;
    if (/Sort/.test(type)) return (node.Plans[0]['Actual Rows'] * node['Actual Loops'] > (most ?? SORTED) ? [`sorts ${node.Plans[0]['Actual Rows']}: ${text}`] : []);
    if (type === 'Seq Scan') return rows > SORTED ? [name] : [];
    return rows > (most ?? FEW) ? [name] : [];
  });
}

/** The plans that a server has logged of what the program asked. */
const plansIn = (log) => [...log.matchAll(/^oc-lettings\|LOG: {2}duration: [^\n]* plan:\n((?:\t[^\n]*\n)+)/gm)].map(([, json]) => JSON.parse(json));

/** A database `name` with so many made-up rows. */
export function makeRows(postgres, name, counts) {
  postgres.sql(`CREATE DATABASE ${name}`);
  const dir = temporaryFolder();
  for (const [module, count] of Object.entries(counts)) {
    const { status, stderr } = spawnSync(PROGRAM, ['demo', '--add', `--${module}`, String(count)],
      { cwd: dir, encoding: 'utf8', env: environment(dir, { DEBUG: '1', DATABASE_URL: postgres.url(name) }) });
    assert.equal(status, 0, stderr);
  }
  postgres.sql('ANALYZE', name);
}

/** Makes so many rows, asks for each page TIMES times, and looks at all plans. */
export async function checkPlans(t, counts) {
  const postgres = await startPostgres(temporaryFolder(), { settings: EXPLAIN });
  t.after(() => postgres.stop());
  makeRows(postgres, 'site', counts);
  postgres.sql('ALTER DATABASE site SET auto_explain.log_min_duration = 0');
  const env = { DATABASE_URL: postgres.url('site'), WEB_CONCURRENCY: '1', DATABASE_MAX_CONNECTIONS: '2', PAGE_CACHE_SIZE: '0' };
  const server = await startServer({ database: null, env, t });
  for (const path of pathsOf(postgres, counts)) {
    for (let i = 0; i < TIMES; i++) assert.ok([200, 404].includes((await get(server.url + path)).status), path);
  }
  await server.stop();
  const plans = plansIn(postgres.log()).filter(({ 'Query Text': text }) => /^\s*(SELECT|WITH)/.test(text));
  const statements = new Set(plans.map(({ 'Query Text': text }) => text));
  t.diagnostic(`${plans.length} plans of ${statements.size} statements`);
  assert.ok(statements.size >= 20, `${statements.size} statements`);
  const faults = [...new Set(plans.flatMap((plan) => faultsOf(plan, counts)))];
  assert.deepEqual(faults, [], faults.join('\n'));
}
