// The fuzzer of templates.c, for a minute; script/soak runs it longer.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fuzz, skipWithoutFuzzer } from './fuzz.mjs';

const SECONDS = 60;

test('no template breaks lexer, parser or rendering', { skip: skipWithoutFuzzer('templates') }, () => {
  assert.ok(fuzz('templates', SECONDS, { maxLength: 4096 }) > 2000);
});
