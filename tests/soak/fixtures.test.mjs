import { test } from 'node:test';
import { loadAndDump } from '../http/many.mjs';

test('1,000,000 rows are loaded and dumped in 32 MiB', () => loadAndDump(1_000_000));
