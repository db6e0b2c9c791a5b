// The fuzzer of envelope.c, for as long as a test may take; script/soak runs it longer.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fuzz, skipWithoutFuzzer } from './fuzz.mjs';

const SECONDS = 10;

test('no bytes break the reading of envelopes', { skip: skipWithoutFuzzer('envelope') }, () => {
  assert.ok(fuzz('envelope', SECONDS) > 20);
});
