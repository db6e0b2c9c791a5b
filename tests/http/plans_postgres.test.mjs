// Only on PostgreSQL: what it really does for the statements of public pages, each with what it was asked, again and again.
import { test } from 'node:test';
import { checkPlans } from './plans_postgres.mjs';
import { SANITIZED, skipWithoutModule } from './harness.mjs';
import { skipWithoutPostgres } from '../postgres.mjs';

test('of ten thousand lettings, every statement of a public page goes by keys and indexes, and sorts a page at most',
  { skip: skipWithoutPostgres() || skipWithoutModule('home', 'lettings', 'profiles') || (SANITIZED ? 'the plans are the same' : false) },
  (t) => checkPlans(t, { lettings: 10_000, profiles: 1_000 }));
