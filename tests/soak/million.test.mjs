// A million made-up lettings cost a page what fifty do. MILLION names a database that is there already.
import { join } from 'node:path';
import { spawnSync } from 'node:child_process';
import assert from 'node:assert/strict';
import { describe } from 'node:test';
import { environment, PROGRAM, temporaryFolder } from '../http/harness.mjs';
import { compareCosts } from '../http/costs.mjs';
import { sql } from '../http/support.mjs';

function made(lettings, profiles) {
  const dir = temporaryFolder();
  const { status, stderr } = spawnSync(PROGRAM, ['demo', '--lettings', String(lettings), '--profiles', String(profiles)],
    { cwd: dir, env: environment(dir), encoding: 'utf8', timeout: 30 * 60_000 });
  assert.equal(status, 0, stderr);
  return join(dir, 'oc-lettings-site.sqlite3');
}

const million = () => process.env.MILLION ?? made(1_000_000, 20_000);

/** Fifty that all are found, by whatever is asked for below. */
function alike(address) {
  const path = made(50, 50);
  sql(path, `UPDATE lettings_letting SET title = 'Sunny Farmhouse Cottage in the Woods with Garden'; UPDATE lettings_address SET ${address};`);
  return path;
}

describe('1000000 lettings', () => {
  compareCosts(() => made(50, 50), million, [
    ['/', '/'], ['/lettings/', '/lettings/'], ['/lettings/', '/lettings/?after=500000'], ['/lettings/', '/lettings/?before=500000'],
    ['/lettings/?last=1', '/lettings/?last=1'], ['/lettings/25/', '/lettings/500000/'], ['/profiles/', '/profiles/?after=10000'],
    ['/lettings/?q=cotage', '/lettings/?q=cotage'], ['/lettings/?q=zzzz', '/lettings/?q=zzzz'],
  ]);
});

const same = (queries) => queries.map((query) => [`/lettings/?${query}`, `/lettings/?${query}`]);

describe('1000000 lettings to search in', () => {
  compareCosts(() => alike("state = 'SC'"), million, [...same(['q=cottage', 'q=cott', 'q=farmhous', 'q=c', 'q=sunny+cottage', 'q=cottage+with+garden', 'q=a+cottage+in+the+woods',
    'q=in', 'q=the+with', 'q=sc', 'q=south+carolina', 'state=SC', 'state=SC&last=1', 'q=cottage&state=SC']),
  ['/lettings/?q=cottage', '/lettings/?q=cottage&from=50']]);
});

describe('1000000 lettings, of which a city has many', () => {
  compareCosts(() => alike("state = 'SC', city = 'Springville'"), million,
    same(['q=springville', 'q=springville+cottage', 'q=cottage&city=Springville', 'q=cottage&state=SC&city=Springville', 'city=Springville&last=1']));
});
