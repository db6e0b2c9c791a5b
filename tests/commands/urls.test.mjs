// Only on SQLite: it has a PostgreSQL of its own.
// URLs of PostgreSQL as Heroku and Django's sites have them (dj-database-url, django-environ).
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SANITIZED, skipWithoutModule, temporaryFolder } from '../http/harness.mjs';
import { checkCommand, describeUnless, freshDatabases } from '../http/support.mjs';
import { psql, skipWithoutPostgres } from '../postgres.mjs';

const PLACE = 'me:p%40ss@db.example:5432/site';
const TAKEN = [
  ...['postgres', 'postgresql', 'pgsql', 'psql', 'postgis'].map((scheme) => `${scheme}://${PLACE}`),
  `postgres://${PLACE}?`, `postgres://${PLACE}?conn_max_age=600`, `postgres://${PLACE}?sslmode=require&CONN_MAX_AGE=600&conn_health_checks=true&connect_timeout=3`,
  `postgres://${PLACE}?currentSchema=shop`, 'postgres://me:a?b&c@db.example/site?atomic_requests=true', 'postgres://me@%2Fvar%2Frun%2Fpostgresql/site',
];
for (const url of TAKEN) {
  test(`taken: ${url}`, () => checkCommand(['settings'], { env: { DATABASE_URL: url }, err: null }));
}
for (const [url, words] of [
  [`postgres://${PLACE}?conn_max_age=600&pool=3`, /libpq has no parameter "pool"/],
  [`postgres://${PLACE}?conn_max_ages=600`, /libpq has no parameter "conn_max_ages"/],
  [`pgsql://${PLACE}?sslmode=yes`, /its sslmode must be one of/],
  [`psycopg://${PLACE}`, /begins with sqlite:\/\/\/ .*postgres:\/\//],
]) {
  test(`refused: ${url}`, () => checkCommand(['settings'], { env: { DATABASE_URL: url }, status: 1, err: words }));
}

describeUnless(SANITIZED ? 'libpq is the same in every build' : skipWithoutPostgres() || skipWithoutModule('auth'), 'on PostgreSQL', () => {
  const fresh = freshDatabases();
  const ADMIN = { DJANGO_SUPERUSER_USERNAME: 'zoé', DJANGO_SUPERUSER_EMAIL: 'zoe@example.com', DJANGO_SUPERUSER_PASSWORD: 'a long passphrase' };
  const NAME = 'SELECT username, length(username) FROM auth_user';

  for (const [name, parameter, more] of [
    ['client_encoding', '&client_encoding=latin1'],
    ['options', '&options=-cclient_encoding%3Dlatin1'],
    ['the environment', '', { PGCLIENTENCODING: 'latin1' }],
  ]) {
    test(`texts are UTF-8, whatever ${name} says`, () => {
      const url = fresh();
      const env = { DATABASE_URL: url + parameter, ...more };
      const dir = temporaryFolder();
      checkCommand(['migrate'], { dir, env });
      checkCommand(['createsuperuser', '--noinput'], { dir, env: { ...env, ...ADMIN } });
      assert.equal(psql(url, NAME), 'zoé|3');
    });
  }

  test('the schema that currentSchema names is the site\'s', () => {
    const url = fresh();
    psql(url, 'CREATE SCHEMA shop');
    const env = { DATABASE_URL: `${url.replace('postgres:', 'postgis:')}&conn_max_age=60&currentSchema=shop` };
    checkCommand(['migrate'], { env, out: /^Applied/ });
    assert.equal(psql(url, "SELECT DISTINCT schemaname FROM pg_tables WHERE tablename LIKE 'auth_%'"), 'shop');
  });

  const setting = (url, name, value) => psql(url, `DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET ${name} = ${value}', current_database()); END $$`);
  for (const [name, value] of [['quote_all_identifiers', 'on'], ['standard_conforming_strings', 'off'], ['bytea_output', "''escape''"], ['datestyle', "''German''"],
    ['intervalstyle', "''sql_standard''"], ['extra_float_digits', 0], ['default_transaction_isolation', "''serializable''"]]) {
    test(`a database is served that sets ${name} to ${value}`, { skip: skipWithoutModule('lettings') }, () => {
      const url = fresh();
      const env = { DATABASE_URL: url, DEBUG: '1' };
      setting(url, name, value);
      checkCommand(['migrate'], { env, out: /^Applied/ });
      checkCommand(['demo', '--lettings', '3'], { env });
      checkCommand(['check'], { env, out: /^No faults/ });
    });
  }

  test('a database that takes no writes by itself is told so', () => {
    const url = fresh();
    setting(url, 'default_transaction_read_only', 'on');
    checkCommand(['migrate'], { env: { DATABASE_URL: url }, status: 1, err: /takes no writes.*default_transaction_read_only/ });
  });
});
