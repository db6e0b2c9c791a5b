// The fuzzers, for SOAK_SECONDS each (one hour; the templates, of which script/test has a minute, ten minutes).
import { test } from 'node:test';
import { fuzz, skipWithoutFuzzer } from '../fuzz/fuzz.mjs';

const SECONDS = Number(process.env.SOAK_SECONDS ?? 3600);

test('no bytes break the reading of fixtures', { skip: skipWithoutFuzzer('fixtures') }, (t) => {
  t.diagnostic(`${fuzz('fixtures', SECONDS, { shared: 'oc-lettings-fixture.json' })} inputs`);
});

test('no bytes break the reading of catalogues', { skip: skipWithoutFuzzer('catalogue') }, (t) => {
  t.diagnostic(`${fuzz('catalogue', SECONDS)} inputs`);
});

test('no request to render goes unanswered', { skip: skipWithoutFuzzer('requests') }, (t) => {
  t.diagnostic(`${fuzz('requests', SECONDS, { maxLength: 8192 })} inputs`);
});

test('no bytes break the reading of forms with files', { skip: skipWithoutFuzzer('multipart') }, (t) => {
  t.diagnostic(`${fuzz('multipart', SECONDS)} inputs`);
});

test('no template breaks lexer, parser or rendering', { skip: skipWithoutFuzzer('templates') }, (t) => {
  t.diagnostic(`${fuzz('templates', Number(process.env.SOAK_SECONDS ?? 600), { maxLength: 4096 })} inputs`);
});
