// Also on PostgreSQL.
// Accounts of both sites on one database with one SECRET_KEY: who signs in at one is known at the other.
import assert from 'node:assert/strict';
import { mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { addUser, FAST, hashOf, PASSWORD, signedIn, Visitor } from '../http/accounts.mjs';
import { databaseOf, runCommand, skipWithoutModule, startServer, temporaryFolder, until } from '../http/harness.mjs';
import { describeUnless, sql } from '../http/support.mjs';
import { manage, skipWithoutDjango, startDjango } from './django.mjs';

const KEY = 'one-key-for-both-0123456789abcdefghijklmnopqrstuvwxyz';
const NEW = 'another staple 8';

describeUnless(skipWithoutDjango() || skipWithoutModule('lettings', 'profiles'), 'with Django', () => {
  let dir;
  let database;
  let django;
  let site;
  let mails;
  const ours = (args, env = {}) => {
    const { status, stdout, stderr } = runCommand(args, { dir, env: { ...FAST, SECRET_KEY: KEY, ...env } });
    assert.equal(status, 0, stderr);
    return stdout;
  };
  const shell = (script) => manage(database, ['shell', '-c', script], { key: KEY }).trim();

  before(async () => {
    dir = temporaryFolder();
    database = databaseOf(dir);
    mails = join(temporaryFolder(), 'mails');
    mkdirSync(mails);
    ours(['migrate']);
    site = await startServer({ dir, database: null, env: { ...FAST, SECRET_KEY: KEY, EMAIL_URL: `file://${mails}` } });
    django = await startDjango(database, { key: KEY });
  });
  after(async () => {
    await django?.stop();
    await site?.stop();
  });

  /** Who Django says is signed in with a session. */
  const nameAtDjango = async (session) => {
    django.cookies.clear();
    django.cookies.set('sessionid', session);
    const { status, text } = await django.ask('/admin/');
    return status === 200 ? /<strong>([^<]*)<\/strong>/.exec(text)[1] : null;
  };
  const nameHere = (session) => {
    const visitor = new Visitor(site.url);
    visitor.cookies.set('sessionid', session);
    return visitor.name();
  };

  test('content types and permissions are those that Django makes', () => {
    const all = () => sql(database, `SELECT app_label, model FROM django_content_type ORDER BY 1, 2;
      SELECT app_label, model, codename, name FROM auth_permission p JOIN django_content_type t ON t.id = content_type_id ORDER BY 1, 2, 3;`);
    const before = all();
    assert.match(before, /^auth\|user\|add_user\|Can add user$/m);
    manage(database, ['migrate'], { key: KEY });
    assert.equal(all(), before);
    ours(['migrate']);
    assert.equal(all(), before);
  });

  test('an account made here signs in there', async () => {
    ours(['createsuperuser', '--noinput'], { DJANGO_SUPERUSER_USERNAME: 'ours', DJANGO_SUPERUSER_EMAIL: 'ours@example.com',
      DJANGO_SUPERUSER_PASSWORD: PASSWORD, PASSWORD_ITERATIONS: '1000000' });
    assert.equal(await django.signIn({ username: 'ours', password: 'wrong' }), 200);
    assert.equal(await django.signIn({ username: 'ours', password: PASSWORD }), 302);
    await signedIn(site, 'ours');
  });

  test('an account made there signs in here, and its hash stays', async () => {
    shell(`from django.contrib.auth.models import User; User.objects.create_user('theirs', 'theirs@example.com', '${PASSWORD}', is_staff=True)`);
    const hash = () => sql(database, "SELECT password FROM auth_user WHERE username = 'theirs';");
    const before = hash();
    await signedIn(site, 'theirs');
    assert.equal(hash(), before);
  });

  test('a session goes both ways', async () => {
    addUser(database, 'both', { staff: 1, hash: hashOf(PASSWORD, 260000) });
    const visitor = await signedIn(site, 'both');
    assert.equal(await nameAtDjango(visitor.cookies.get('sessionid')), 'both');
    assert.equal(await django.signIn({ username: 'both', password: PASSWORD }), 302);
    const theirs = django.cookies.get('sessionid');
    assert.equal(await nameHere(theirs), 'both');
    const signingOut = new Visitor(site.url);
    signingOut.cookies.set('sessionid', theirs);
    await signingOut.signOut();
    assert.equal(await nameAtDjango(theirs), null);
  });

  test('a session of Django 3.0 is taken', async () => {
    const id = addUser(database, 'older', { staff: 1 });
    const session = shell(`
from django.contrib.auth.models import User
from django.contrib.sessions.backends.db import SessionStore
from django.contrib.sessions.models import Session
from django.utils import timezone
user = User.objects.get(pk=${id})
data = {'_auth_user_id': str(user.pk), '_auth_user_backend': 'django.contrib.auth.backends.ModelBackend',
    '_auth_user_hash': user._legacy_get_session_auth_hash()}
Session.objects.create(session_key='z' * 32, session_data=SessionStore()._legacy_encode(data),
    expire_date=timezone.now() + timezone.timedelta(days=1))
print('z' * 32)`);
    assert.equal(await nameHere(session), 'older');
  });

  test("Django's CSRF cookie and token are taken, and ours there", async () => {
    django.cookies.clear();
    const { text } = await django.ask('/admin/login/');
    const token = /csrfmiddlewaretoken" value="([^"]*)"/.exec(text)[1];
    const visitor = new Visitor(site.url);
    visitor.cookies.set('csrftoken', django.cookies.get('csrftoken'));
    assert.equal((await visitor.post('/accounts/login/', { username: 'both', password: PASSWORD }, { token })).status, 302);
    django.cookies.clear();
    django.cookies.set('csrftoken', visitor.cookies.get('csrftoken'));
    assert.equal((await django.ask('/admin/login/?next=/admin/', { username: 'both', password: PASSWORD })).status, 302);
  });

  test('a message goes both ways', async () => {
    addUser(database, 'told', { staff: 1, superuser: 1 });
    const visitor = await signedIn(site, 'told');
    await visitor.signOut();
    await django.signIn({ username: 'told', password: PASSWORD });
    django.cookies.set('messages', visitor.cookies.get('messages'));
    const there = await django.ask('/admin/');
    assert.equal(there.status, 200);
    assert.match(there.text, /You are signed out\./);

    assert.equal((await django.ask('/admin/auth/group/add/', { name: 'Tellers' })).status, 302);
    const reader = new Visitor(site.url);
    reader.cookies.set('messages', django.cookies.get('messages'));
    assert.match((await reader.ask('/')).text, /class="message success">The group “<a href="\/admin\/auth\/group\/\d+\/change\/">Tellers<\/a>” was added/);
    const boss = await signedIn(site, 'told');
    assert.equal((await boss.post('/admin/auth/group/add/', { name: '<b>Told</b>' })).status, 302);
    django.cookies.set('messages', boss.cookies.get('messages'));
    assert.match((await django.ask('/admin/')).text, /<a href="\/admin\/auth\/group\/\d+\/change\/">&lt;b&gt;Told&lt;\/b&gt;<\/a>\S* was added/);
  });

  test('a password changed at one ends the sessions at both, but for the one it was changed with', async () => {
    addUser(database, 'changer', { staff: 1 });
    const visitor = await signedIn(site, 'changer');
    const other = await signedIn(site, 'changer');
    await visitor.post('/accounts/password_change/', { old_password: PASSWORD, new_password1: NEW, new_password2: NEW });
    assert.equal(await nameAtDjango(visitor.cookies.get('sessionid')), 'changer');
    assert.equal(await nameAtDjango(other.cookies.get('sessionid')), null);
    assert.equal(await django.signIn({ username: 'changer', password: NEW }), 302);
    shell("from django.contrib.auth.models import User; u = User.objects.get(username='changer'); u.set_password('x'); u.save()");
    assert.equal(await visitor.name(), null);
  });

  test('a link to reset a password goes both ways', async () => {
    const id = addUser(database, 'forgetful', { staff: 1 });
    const made = shell(`
from django.contrib.auth.models import User
from django.contrib.auth.tokens import default_token_generator
from django.utils.encoding import force_bytes
from django.utils.http import urlsafe_base64_encode
user = User.objects.get(pk=${id})
print('/accounts/reset/%s/%s/' % (urlsafe_base64_encode(force_bytes(user.pk)), default_token_generator.make_token(user)))`);
    const visitor = new Visitor(site.url);
    assert.equal((await visitor.post(made, { new_password1: NEW, new_password2: NEW })).headers.location, '/accounts/reset/done/');
    await signedIn(site, 'forgetful', NEW);

    assert.equal((await visitor.post('/accounts/password_reset/', { email: 'forgetful@example.com' })).status, 302);
    const [name] = await until(() => readdirSync(mails).filter((file) => file.endsWith('.eml')).length && readdirSync(mails), 15_000);
    const body = Buffer.from(readFileSync(join(mails, name), 'latin1').split('\r\n\r\n')[1], 'base64').toString();
    const link = new URL(/http:\S+/.exec(body)[0]).pathname;
    django.cookies.clear();
    const { status, location } = await django.ask(link);
    assert.equal(status, 302);
    assert.match(location, /\/set-password\/$/);
    assert.match((await django.ask(location)).text, /name="new_password1"/);
    assert.equal((await django.ask(location, { new_password1: PASSWORD, new_password2: PASSWORD })).status, 302);
    await signedIn(site, 'forgetful', PASSWORD);
  });
});
