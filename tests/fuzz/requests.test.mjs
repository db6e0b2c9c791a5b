// The fuzzer of requests.c, for as long as a test may take; script/soak runs it longer.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fuzz, skipWithoutFuzzer } from './fuzz.mjs';

const SECONDS = 10;

test('no request to render goes unanswered', { skip: skipWithoutFuzzer('requests') }, () => {
  assert.ok(fuzz('requests', SECONDS, { maxLength: 8192 }) > 500);
});
