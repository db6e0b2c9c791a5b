// What Django renders, and what it refuses, against oc-lettings render --jsonl: bytes and kinds of error. The requests
// are in requests.mjs: every filter with every kind of argument, every letter of a date, every tag right and wrong.
import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { detailRequests } from './details.mjs';
import { dateRequests, filterRequests, jsonOf, plainRequests, tagRequests } from './requests.mjs';

const HERE = dirname(fileURLToPath(import.meta.url));
const ROOT = resolve(HERE, '../..');
const PROGRAM = resolve(ROOT, process.env.OC_BUILD ?? 'build/test', 'oc-lettings');
const PYTHON = '/usr/bin/python3'; // whose Django is Debian's
const EVERY = Number(process.env.OC_EVERY ?? 23); // of the filters' requests; a prime, so that it meets all
const ZONES = { USE_TZ: true, TIME_ZONE: 'Europe/Paris', current_timezone: 'Asia/Kolkata' };
const FRENCH = { language: 'fr', USE_L10N: true };

/** Where another answer is right: docs/templates.md tells why. */
const EXPECTED = [
  [/\|wordwrap:/, "Debian's Django wraps words by a later version's rules"],
  [/\|(linebreaks|urlize):/, 'Python takes the argument for another of its function'],
  [/(tuple|tuple0|named|paris|paristwice|pariswinter|kolkata|zutc)\|(pprint|stringformat:"[ra]"|language_)/, "Python's own objects"],
  [/\{% (timezone|cache) tuple0? /, "Python's own message fails"],
  [/(mapempty|mapodd)\.items/, "Python's dict_items"],
  [/(dtgap|dttwice)\|date:"[rU]"/, 'an hour that is there twice, or never'],
  [/\{% lorem (dexp|tunder|twide)/, 'words at random'],
];

function versionOfDjango() {
  const { stdout } = spawnSync(PYTHON, ['-c', 'import django; print(django.VERSION[0])'], { encoding: 'utf8' });
  return (stdout ?? '').trim();
}
const version = versionOfDjango();
const skip = !existsSync(PROGRAM) ? `${PROGRAM} is not there`
  : version !== '3' ? `${PYTHON} has no Django 3, which is what is compared with (python3-django)` : false;

let locales;
before(() => {
  if (skip) return;
  locales = mkdtempSync(join(tmpdir(), 'oc-lettings-locales-'));
  const folder = join(locales, 'fr/LC_MESSAGES');
  mkdirSync(folder, { recursive: true });
  const { status, stderr } = spawnSync('msgfmt', ['-o', join(folder, 'django.mo'), join(ROOT, 'locale/fr.po')]);
  assert.equal(status, 0, String(stderr));
});
after(() => { if (locales) rmSync(locales, { recursive: true }); });

function answers(command, args, input) {
  return new Promise((done, failed) => {
    const child = spawn(command, args, { stdio: ['pipe', 'pipe', 'inherit'] });
    let text = '';
    child.stdout.setEncoding('utf8').on('data', (part) => { text += part; });
    child.on('error', failed);
    child.on('close', (status) => {
      if (status !== 0) failed(new Error(`${command} ended with ${status}`));
      else done(text.split('\n').slice(0, -1).map((line) => JSON.parse(line)));
    });
    child.stdin.on('error', () => {});
    child.stdin.end(input);
  });
}

const isSame = (ours, django) => (django.error ? ours.error === django.error : ours.output === django.output);

async function compare(t, requests) {
  const list = [...requests];
  const input = `${list.map(jsonOf).join('\n')}\n`;
  const [ours, django] = await Promise.all([answers(PROGRAM, ['render', '--jsonl'], input),
    answers(PYTHON, ['-B', join(HERE, 'oracle.py'), locales], input)]);
  assert.equal(django.length, list.length);
  assert.equal(ours.length, list.length);
  const refused = django.filter((each) => each.error).length;
  t.diagnostic(`${list.length} requests, ${refused} of them refused`);
  const bad = list.flatMap(({ templates }, i) => {
    const source = templates.t.replace(/^\{% load [^%]*%\}/, '');
    if (isSame(ours[i], django[i]) || EXPECTED.some(([pattern]) => pattern.test(source))) return [];
    return [`${source}\n  Django ${JSON.stringify(django[i])}\n  ours   ${JSON.stringify(ours[i])}`];
  });
  assert.equal(bad.length, 0, `${bad.length} differ:\n${bad.slice(0, 5).join('\n')}`);
}

test('values', { skip }, (t) => compare(t, plainRequests()));
test('values, with time zones', { skip }, (t) => compare(t, plainRequests(ZONES)));
test('values in French', { skip }, (t) => compare(t, plainRequests({ ...FRENCH, USE_THOUSAND_SEPARATOR: true })));
test('tags', { skip }, (t) => compare(t, tagRequests()));
test('tags in French, with time zones', { skip }, (t) => compare(t, tagRequests({ ...FRENCH, ...ZONES })));
test('details', { skip }, (t) => compare(t, detailRequests()));
test('letters of dates', { skip }, (t) => compare(t, dateRequests()));
test('letters of dates in French, with time zones', { skip }, (t) => compare(t, dateRequests({ ...FRENCH, ...ZONES })));
test('filters', { skip }, (t) => compare(t, filterRequests(undefined, EVERY)));
test('filters with time zones', { skip }, (t) => compare(t, filterRequests(ZONES, 3 * EVERY + 2)));
test('filters in French', { skip }, (t) => compare(t, filterRequests(FRENCH, 3 * EVERY + 4)));
