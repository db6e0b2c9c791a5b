// Which release `script/deploy heroku rollback` goes back to, of what Heroku tells of them; and what a key may look like.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { test } from 'node:test';
import { ROOT } from '../http/harness.mjs';

const SOURCED = '. script/lib.sh; . deploy/release.sh; . deploy/heroku.sh; ';
const bash = (script, { input = '', ...more } = {}) => spawnSync('bash', ['-c', SOURCED + script, 'deploy'],
  { cwd: ROOT, input, encoding: 'utf8', env: { ...process.env, HEROKU_APP_NAME: 'holiday-homes', HEROKU_API_KEY: 'test-key', ...more } });

/** What the function says of releases with these descriptions, from the oldest on; one that begins with "!" failed. */
function told(words, descriptions, first = 1) {
  const releases = descriptions.map((description, i) => ({
    id: `id-${first + i}`, version: first + i, description: description.replace(/^!/, ''), status: description.startsWith('!') ? 'failed' : 'succeeded',
  }));
  const { status, stdout, stderr } = bash(`cat >"$scratch/releases"; ${words}`, { input: JSON.stringify(releases.reverse()) });
  assert.deepEqual([status, stderr], [0, '']);
  return stdout.trim();
}
const START = ['Initial release', 'Set SECRET_KEY config vars'];
const D = 'Deployed web (0123456789ab)';
const to = (version) => `Rollback to v${version}`;
for (const [name, descriptions, expected, first] of [
  ['nothing but settings', START, ''],
  ['the first image', [...START, D], ''],
  ['two images', [...START, D, D], 'id-3 3'],
  ['a release phase that failed between', [...START, D, `!${D}`, D], 'id-3 3'],
  ['one that was fled from, and none before', [...START, D, D, to(3)], ''],
  ['one that was fled from', [...START, D, D, D, to(4)], 'id-3 3'],
  ['one that was fled from, and a new one since', [...START, D, D, to(3), D], 'id-3 3'],
  ['two steps back', [...START, D, D, D, to(4), to(3)], ''],
  ['a step back to a step back', [...START, D, D, to(3), D, to(5), D, D], 'id-8 8'],
  ['a step back to a step back, which is current', [...START, D, D, D, to(4), D, to(6)], 'id-3 3'],
  ['forward again to what was fled from', [...START, D, D, to(3), to(4)], 'id-3 3'],
  ['a rollback whose release phase failed', [...START, D, D, `!${to(3)}`], 'id-3 3'],
  ['a setting since', [...START, D, 'Set DEBUG config vars'], 'id-3 3'],
  ['a list that begins later', ['Set DEBUG config vars', D], 'id-41 41', 41],
  ['a rollback to before the list', [D, D, to(7), D], 'id-43 7', 41],
  ['nothing at all', [], ''],
]) {
  test(`gone back to after ${name}`, () => assert.equal(told('earlier_release', descriptions, first), expected));
}

const OTHER = 'Deployed web (ba9876543210), release (cba987654321)';
const SET = 'Set DEBUG config vars';
for (const [name, since, own, by] of [
  ['nothing', [], ''],
  ['a setting alone', [SET], ''],
  ['its deployment', [D], '4', ''],
  ['its deployment, and another\'s before', [OTHER, D], '5', ''],
  ['its deployment, and another\'s after', [D, OTHER], '4', `v5 (${OTHER})`],
  ['its deployment, and another\'s after that failed', [D, `!${OTHER}`], '4', ''],
  ['its deployment, and a setting after', [SET, D, SET], '5', ''],
  ['its deployment, and a rollback from it', [D, to(3)], '4', `v5 (${to(3)})`],
  ['its deployment, another\'s after, and a rollback to it', [D, OTHER, to(4), SET], '4', ''],
  ['its deployment, told without images', ['Deployed web'], '4', ''],
]) {
  test(`the release of a deployment after ${name}`, () => {
    const all = [...START, OTHER, ...since];
    assert.equal(told('own_version 3 sha256:0123456789abcdef', all), own);
    if (own) assert.equal(told(`replaced_by ${own}`, all), by);
  });
}

const key = (value) => bash('printf %s "$HEROKU_API_KEY"', { HEROKU_API_KEY: value });
test('a key with the line\'s end that copying brought along is that key', () => {
  for (const end of ['', '\n', '\r\n', ' \n']) assert.equal(key(`HRKU-0a_B${end}`).stdout, 'HRKU-0a_B');
});
test('refused: keys and names of an app with what none has', () => {
  for (const value of ['test\nkey', 'test key', '"test-key"', ' test-key', 'test\\key']) {
    const { status, stderr } = key(value);
    assert.equal(status, 1);
    assert.match(stderr, /^FAILED \w+: HEROKU_API_KEY has a character that none has: copy it anew/);
  }
  assert.match(bash('true', { HEROKU_APP_NAME: 'holiday/homes' }).stderr, /: HEROKU_APP_NAME has a character/);
  assert.match(key('\n').stderr, /: HEROKU_API_KEY has a character/);
});
