// A minute of three writers and eight readers.
import { test } from 'node:test';
import { readWhileWriting } from '../http/freshness.mjs';

test('no answer is older than the newest finished write, for a minute', (t) => readWhileWriting(t, 60));
