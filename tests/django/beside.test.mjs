// Also on PostgreSQL.
// Django on the same database, while we serve it: it finds nothing to do, and each sees what the other writes at once.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { copyDatabase, databaseOf, get, POSTGRES, runCommand, sharedData, skipWithoutModule, skipWithoutShared, startServer, temporaryFolder,
  TEST_PROGRAM } from '../http/harness.mjs';
import { describeUnless, searched, sql } from '../http/support.mjs';
import { LOGIN, manage, skipWithoutDjango, startDjango } from './django.mjs';

const FILE = 'oc-lettings-site.sqlite3';
const noDjango = skipWithoutDjango() || skipWithoutModule('lettings', 'profiles');

const ours = (dir, ...args) => {
  const { status, stderr } = runCommand(args, { dir, env: { DEBUG: '1' } });
  assert.equal(status, 0, stderr);
};
const freshDatabase = (dir) => ours(dir, 'demo');
const djangoDatabase = (dir) => {
  copyDatabase(sharedData(FILE), databaseOf(dir));
  ours(dir, 'migrate');
};

const DATABASES = [
  ['a database of ours', freshDatabase, noDjango],
  ["the Django site's database", djangoDatabase, noDjango || skipWithoutShared(FILE)],
];
for (const [name, make, skip] of DATABASES) {
  describeUnless(skip, name, () => {
    let database;
    let django;
    let site;

    before(async () => {
      const dir = temporaryFolder();
      make(dir);
      database = databaseOf(dir);
      manage(database, ['createsuperuser', '--noinput', '--username', LOGIN.username, '--email', 'boss@example.com']);
      site = await startServer({ program: TEST_PROGRAM, dir, database: null });
      django = await startDjango(database);
      assert.equal(await django.signIn(), 302);
    });
    after(async () => {
      await django?.stop();
      await site?.stop();
    });

    test('has nothing left to do for Django', () => {
      manage(database, ['check']);
      manage(database, ['migrate', '--check']);
      assert.match(manage(database, ['makemigrations', '--check', '--dry-run']), /No changes/);
    });

    test("is shown by all of Django's pages", async () => {
      const id = sql(database, 'SELECT min(id) FROM lettings_letting;');
      for (const path of ['/', '/lettings/', `/lettings/${id}/`, '/profiles/', '/profiles/DavWin/', '/admin/',
        '/admin/auth/user/', '/admin/auth/group/', '/admin/lettings/letting/', '/admin/lettings/address/',
        `/admin/lettings/letting/${id}/change/`, '/admin/profiles/profile/']) {
        assert.equal((await django.ask(path)).status, 200, path);
      }
    });

    test('shows at once here what Django writes', async () => {
      const address = { number: '12', street: 'Quay Street', city: 'Bath', state: 'ME', zip_code: '4530',
        country_iso_code: 'USA' };
      assert.equal((await django.ask('/admin/lettings/address/add/', address)).status, 302);
      const at = sql(database, 'SELECT max(id) FROM lettings_address;');
      assert.equal((await django.ask('/admin/lettings/letting/add/', { title: 'Quay & Co', address: at })).status, 302);
      const id = sql(database, 'SELECT max(id) FROM lettings_letting;');
      const { status, text } = await get(`${site.url}/lettings/${id}/`);
      assert.equal(status, 200);
      assert.match(text, /<h1>Quay &amp; Co<\/h1>/);
      assert.match(text, /Bath, ME 04530/);
      assert.equal((await django.ask(`/admin/lettings/letting/${id}/change/`,
        { title: 'Quay House', address: at })).status, 302);
      assert.match((await get(`${site.url}/lettings/${id}/`)).text, /<h1>Quay House<\/h1>/);
    });

    test('finds at once what Django writes, and no longer what it deletes', async () => {
      const find = async (word) => /class="letting_link"/.test((await get(`${site.url}/lettings/?q=${word}`)).text);
      const address = { number: '12', street: 'Quay Street', city: 'Xanadu', state: 'ME', zip_code: '4530', country_iso_code: 'USA' };
      assert.equal((await django.ask('/admin/lettings/address/add/', address)).status, 302);
      const at = sql(database, 'SELECT max(id) FROM lettings_address;');
      assert.equal((await django.ask('/admin/lettings/letting/add/', { title: 'Pleasure Dome', address: at })).status, 302);
      assert.deepEqual([await find('pleasure'), await find('xanadu')], [true, true]);
      assert.equal((await django.ask(`/admin/lettings/address/${at}/change/`, { ...address, city: 'Avalon' })).status, 302);
      assert.deepEqual([await find('xanadu'), await find('avalon')], [false, true]);
      assert.equal((await django.ask(`/admin/lettings/address/${at}/delete/`, { post: 'yes' })).status, 302);
      assert.deepEqual([await find('pleasure'), await find('avalon')], [false, false]);
    });

    test("takes Django's flush and loaddata, and a table that Django remakes", () => {
      const dir = temporaryFolder();
      const copy = databaseOf(dir);
      const dump = join(dir, 'dump.json');
      if (POSTGRES) copyDatabase(database, copy);
      else sql(database, `VACUUM INTO '${copy}';`);
      const found = () => sql(copy, `SELECT count(*) FROM lettings_search_letting; SELECT count(*) FROM lettings_search;
        SELECT sum(lettings) FROM lettings_search_state; SELECT count(*) FROM lettings_letting;`);
      const before = found();
      manage(copy, ['dumpdata', 'lettings', '-o', dump]);
      assert.doesNotMatch(readFileSync(dump, 'utf8'), /search/);
      manage(copy, ['flush', '--noinput']);
      assert.match(found(), /^0\n0\n\n?0$/);
      manage(copy, ['loaddata', dump]);
      assert.equal(found(), before);
      const remake = `from django.db import connection
from lettings.models import Letting, Address
for model, name in ((Letting, 'title'), (Address, 'city')):
    field = model._meta.get_field(name)
    _, _, args, kwargs = field.deconstruct()
    longer = type(field)(**{**kwargs, 'max_length': 300})
    longer.set_attributes_from_name(name)
    longer.model = model
    with connection.schema_editor() as editor:
        editor.alter_field(model, field, longer)`;
      manage(copy, ['shell', '-c', remake]);
      sql(copy, "UPDATE lettings_letting SET title = 'Missed meanwhile' WHERE id = (SELECT min(id) FROM lettings_letting);");
      ours(dir, 'migrate');
      ours(dir, 'check');
      assert.equal(found(), before);
      assert.equal(sql(copy, searched('meanwhile')), sql(copy, 'SELECT min(id) FROM lettings_letting;'));
    });

    test('shows at once to Django what is written here', async () => {
      const id = sql(database, "SELECT id FROM auth_user WHERE username = 'AirWow';");
      const answer = await get(`${site.url}/probe/write/${id}/`, { method: 'POST', body: 'Written <here>' });
      assert.equal(answer.text, 'written\n');
      assert.match((await django.ask(`/admin/auth/user/${id}/change/`)).text, /value="Written &lt;here&gt;"/);
    });

    // Django begins by reading, so that SQLite refuses to let it write when somebody else was faster.
    test('takes writes of both at once', async () => {
      const id = sql(database, 'SELECT max(id) FROM lettings_letting;');
      const address = sql(database, `SELECT address_id FROM lettings_letting WHERE id = ${id};`);
      const theirs = async (title) => {
        for (;;) {
          const { status, text } = await django.ask(`/admin/lettings/letting/${id}/change/`, { title, address });
          if (status === 302) return;
          assert.match(text, /database is locked/);
        }
      };
      const writing = (async () => { for (let i = 0; i < 5; i++) await theirs(`Django ${i}`); })();
      const user = sql(database, "SELECT id FROM auth_user WHERE username = 'AirWow';");
      for (let i = 0; i < 40; i++) {
        assert.equal((await get(`${site.url}/probe/write/${user}/`, { method: 'POST', body: `Ours ${i}` })).status, 200);
      }
      await writing;
      assert.match((await get(`${site.url}/lettings/${id}/`)).text, /<h1>Django 4<\/h1>/);
      assert.match((await get(`${site.url}/probe/users/${user}/`)).text, /<h1>Ours 39<\/h1>/);
    });

    test('lets Django delete, and what goes with it', async () => {
      const user = sql(database, "SELECT id FROM auth_user WHERE username = 'DavWin';");
      assert.equal((await get(`${site.url}/profiles/DavWin/`)).status, 200);
      assert.equal((await django.ask(`/admin/auth/user/${user}/delete/`, { post: 'yes' })).status, 302);
      assert.equal((await get(`${site.url}/profiles/DavWin/`)).status, 404);
      const address = sql(database, 'SELECT min(address_id) FROM lettings_letting;');
      const letting = sql(database, `SELECT id FROM lettings_letting WHERE address_id = ${address};`);
      assert.equal((await django.ask(`/admin/lettings/address/${address}/delete/`, { post: 'yes' })).status, 302);
      assert.equal((await get(`${site.url}/lettings/${letting}/`)).status, 404);
      if (!POSTGRES) assert.equal(sql(database, 'PRAGMA foreign_key_check; PRAGMA integrity_check;'), 'ok');
    });
  });
}
