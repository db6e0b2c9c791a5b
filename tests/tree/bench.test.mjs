// The bench itself: what it refuses, and that it measures where its tools are.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { ROOT, temporaryFolder } from '../http/harness.mjs';
import { skipWithoutPostgres } from '../postgres.mjs';

function bench(...args) {
  const { NODE_TEST_CONTEXT: _, ...env } = process.env;
  const options = ['--test-reporter=tap', '--test-reporter-destination=/dev/null', join(ROOT, 'bench/run.mjs'), ...args];
  const { status, stdout, stderr, error } = spawnSync(process.execPath, options, { encoding: 'utf8', env, timeout: 120_000 });
  if (error) throw error;
  return { status, stdout, stderr };
}

describe('options', () => {
  const REFUSED = [
    [['--rounds', '0'], '--rounds: a whole number from 1 on'],
    [['--seconds', '1.5'], '--seconds: a whole number from 1 on'],
    [['--growth=-1'], '--growth: a whole number from 0 on'],
    [['--only', 'anew,apache'], '--only: there is no apache; there are nginx, fresh, asked, anew, rendered, go, node, django'],
    [['--templates', '--only', 'anew'], '--templates: not with --only'],
    [['--loud'], "Unknown option '--loud'"],
  ];
  for (const [args, message] of REFUSED) {
    test(`${args.join(' ')} is refused`, () => {
      const { status, stderr } = bench(...args);
      assert.equal(status, 2, stderr);
      assert.ok(stderr.startsWith(message), stderr);
      assert.match(stderr, /^usage: script\/bench /m);
    });
  }

  test('--help tells them', () => {
    const { status, stdout } = bench('--help');
    assert.equal(status, 0);
    assert.match(stdout, /^usage: script\/bench /);
  });
});

const lacking = ['wrk', 'nginx', 'sqlite3'].filter((name) => spawnSync(name, ['-v'], { timeout: 5000, input: '' }).error);

const lackingPostgres = lacking.includes('wrk') ? 'no wrk' : skipWithoutPostgres();

test('measures a page read from PostgreSQL beside pgbench', { skip: lackingPostgres }, () => {
  const dir = temporaryFolder();
  const { status, stdout, stderr } = bench('--seconds', '1', '--rounds', '1', '--only', 'postgres', '--json', join(dir, 'figures.json'));
  assert.equal(status, 0, stderr);
  assert.match(stdout, /^\| pgbench, all \d statements of the page +\|/m);
  const { postgres, goals } = JSON.parse(readFileSync(join(dir, 'figures.json'), 'utf8'));
  for (const value of Object.values(postgres)) assert.ok(value > 0 && Number.isFinite(value), JSON.stringify(postgres));
  assert.deepEqual(goals.map(({ bound }) => bound), ['≥ 0.45', '≥ 0.45']);
});

test('measures us and nginx', { skip: lacking.length ? `no ${lacking.join(', ')}` : false }, () => {
  const dir = temporaryFolder();
  const { status, stdout, stderr } = bench('--seconds', '1', '--rounds', '1', '--only', 'anew', '--growth', '2000',
    '--json', join(dir, 'figures.json'), '--plot', join(dir, 'plot.svg'));
  assert.equal(status, 0, stderr);
  assert.match(stdout, /^\| OC Lettings, read anew +\|/m);
  const { pages, firstByteMs, growth, goals } = JSON.parse(readFileSync(join(dir, 'figures.json'), 'utf8'));
  assert.deepEqual(pages.map(({ page, server }) => `${page} ${server}`), ['letting nginx', 'letting anew', 'list nginx', 'list anew']);
  for (const { bytes, rate, cpu, memory, p50, p99 } of pages) {
    for (const value of [bytes, rate, cpu, memory, p50, p99]) assert.ok(value > 0 && Number.isFinite(value), JSON.stringify(pages));
  }
  assert.equal(pages[0].bytes, pages[1].bytes);
  assert.ok(firstByteMs > 0);
  assert.ok(growth.some(({ page }) => page === 'last page'));
  assert.ok(goals.some(({ bound }) => bound === '≤ 1.8'));
  assert.match(readFileSync(join(dir, 'plot.svg'), 'utf8'), /^<svg [^]*<rect class="ours" [^]*<\/svg>\n$/);
});
