// migrate killed at very many moments.
import { test } from 'node:test';
import { FILES, killMigrations, killMigrationsAtOnce, startDatabases } from '../faults/migrating.mjs';
import { skipWithoutPostgres } from '../postgres.mjs';

for (const { name, fresh, skip } of FILES) test(`${name}: killed at 120 moments`, { skip }, () => killMigrations(fresh, 120));

test('on PostgreSQL: killed at 80 moments each, three at once', { skip: skipWithoutPostgres() }, async (t) => {
  const databases = await startDatabases(t);
  for (const each of databases.templates) await killMigrationsAtOnce(t, databases, each, 80);
});
