// 10,000 wrong passwords: the whole of what tests/security does a tenth of.
import { test } from 'node:test';
import { skipWithoutModule, startServer } from '../http/harness.mjs';
import { FAST, guessPasswords } from '../http/accounts.mjs';

test('10,000 wrong passwords open nothing', { skip: skipWithoutModule('auth') }, async (t) => {
  const server = await startServer({ t, env: { ...FAST, TRUSTED_PROXIES: '127.0.0.1', SECURE_SSL_REDIRECT: '0' } });
  t.diagnostic(`${(await guessPasswords(server, 10_000)).tried} of 10000 were looked at`);
});
