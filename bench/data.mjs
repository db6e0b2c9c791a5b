// The database the servers share, and the pages they are asked for.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { makeDatabase, environment, get, PROGRAM, runCommand } from '../tests/http/harness.mjs';

export const FULL_PAGE = 50;
const DEMO_LETTINGS = 6;
const DEMO_LIMIT_MS = 600_000;

const rowsSql = (count) => `
PRAGMA synchronous = OFF;
BEGIN;
WITH RECURSIVE n(i) AS (SELECT ${DEMO_LETTINGS + 1} UNION ALL SELECT i + 1 FROM n WHERE i < ${count})
INSERT INTO lettings_address (id, number, street, city, state, zip_code, country_iso_code)
SELECT i, 1 + i % 9999, 'Harbour Street', 'Port ' || (i % 997), substr('GAOHVAALPAORWACA', 1 + 2 * (i % 8), 2), 10000 + i % 89999, 'USA' FROM n;
INSERT INTO lettings_letting (id, title, address_id) SELECT id, 'Cottage ' || id || ' by the water', id FROM lettings_address WHERE id > ${DEMO_LETTINGS};
COMMIT;
ANALYZE;
PRAGMA wal_checkpoint(TRUNCATE);
`;

/** Makes a database of that many lettings in dir, and returns its path. */
export function makeLettings(dir, count = FULL_PAGE) {
  mkdirSync(dir, { recursive: true });
  const database = makeDatabase(dir);
  const can = runCommand(['demo', '--help'], { dir, env: { DEBUG: '1' } }).stdout.includes('--lettings');
  const { status, stderr, error } = can
    ? spawnSync(PROGRAM, ['demo', '--add', '--lettings', String(count - DEMO_LETTINGS)],
      { cwd: dir, env: environment(dir, { DEBUG: '1' }), encoding: 'utf8', timeout: DEMO_LIMIT_MS })
    : spawnSync('sqlite3', ['-bail', database, rowsSql(count)], { encoding: 'utf8', timeout: DEMO_LIMIT_MS });
  if (error) throw error;
  assert.equal(status, 0, stderr);
  return database;
}

/** Makes a database in dir in which each search and filter of growthPages() finds just more than a full page. */
export function makeFindable(dir) {
  const database = makeLettings(dir, 5 * FULL_PAGE);
  const { status, stderr } = spawnSync('sqlite3', ['-bail', database, `
DELETE FROM lettings_letting WHERE title LIKE '%cottage%' AND id > ${FULL_PAGE + 1};
UPDATE lettings_letting SET title = 'Sunny Cottage in the Woods ' || id WHERE id <= ${FULL_PAGE + 1};
UPDATE lettings_address SET (state, city) = (SELECT state, city FROM lettings_address ORDER BY state LIMIT 1) WHERE id <= ${FULL_PAGE + 1};
`], { encoding: 'utf8' });
  assert.equal(status, 0, stderr);
  return database;
}

/** What growthPages() searches: words of the demo's titles, in a place of the list's links. */
const searches = ({ state, city }) => ({
  search: 'cottage',
  'search: a beginning': 'cott',
  'search: a frequent word': 'in',
  'search: a city': city,
  'search: words that meet': 'sunny+cottage',
  'search: with empty words': 'a+cottage+in+the+woods',
  'search: a city and a word': `${city}+cottage`,
  'search: a word and a state': `cottage&state=${state}`,
  'search: words that never meet': 'cottage+villa',
});

/** The pages of the comparison, as our server gives them: { name, path, bytes }. */
export async function fetchPages(url) {
  const pages = [{ name: 'letting', path: '/lettings/1/' }, { name: 'list', path: '/lettings/' }];
  for (const page of pages) {
    const { status, headers, bytes } = await get(url + page.path);
    assert.equal(status, 200, page.path);
    assert.equal(headers['content-type'], 'text/html; charset=utf-8');
    page.bytes = bytes;
  }
  return pages;
}

const hrefs = (html) => [...html.matchAll(/ href="([^"]*)"/g)].map(([, href]) => href.replaceAll('&amp;', '&'));

/** The pages whose cost must not grow with the lettings, found by the list's own links and form: { name: path }. */
export async function growthPages(url, count) {
  const list = (await get(`${url}/lettings/`)).text;
  const links = hrefs(list).map((href) => new URL(href, `${url}/lettings/`)).map((link) => link.pathname + link.search);
  const field = /<input[^>]*type="search"[^>]*name="(\w+)"|<input[^>]*name="(\w+)"[^>]*type="search"/.exec(list);
  const byState = links.find((link) => /[?&]state=\w+$/.test(link));
  const byCity = links.find((link) => /[?&]city=\w/.test(link));
  const place = { state: /state=(\w+)/.exec(byState)?.[1], city: /city=([^&]+)/.exec(byCity)?.[1] };
  const pages = {
    letting: `/lettings/${Math.ceil(count / 2)}/`,
    'first page': '/lettings/',
    'middle page': `/lettings/?after=${Math.floor(count / 2)}`,
    'last page': links.find((link) => /[?&]last\b/.test(link)),
    ...Object.fromEntries(Object.entries(searches(place)).map(([page, words]) => [page, field && `/lettings/?${field[1] ?? field[2]}=${words}`])),
    'filter by state': byState,
    'filter by city': byCity,
  };
  return Object.fromEntries(Object.entries(pages).filter(([, path]) => path));
}
