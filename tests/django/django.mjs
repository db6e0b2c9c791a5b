// Django beside us on one database: its commands, its server, and a client that keeps cookies.
import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { freePort, ROOT, until } from '../http/harness.mjs';

export const PYTHON = '/usr/bin/python3';
const MANAGE = join(ROOT, 'tests/django/manage.py');
export const LOGIN = { username: 'boss', password: 'only-for-this-test' };

/** For a test's `skip` option: false, or the reason. */
export const skipWithoutDjango = () => (spawnSync(PYTHON, ['-c', 'import django']).status === 0 ? false
  : 'python3-django is not installed');

const environmentOf = (database, key) => ({ PATH: process.env.PATH, DATABASE: database, ...(key ? { SECRET_KEY: key } : {}) });

/** Runs a command of Django's; key: its SECRET_KEY. */
export function manage(database, args, { key, input = '' } = {}) {
  const { status, stdout, stderr } = spawnSync(PYTHON, [MANAGE, ...args], {
    env: { ...environmentOf(database, key), DJANGO_SUPERUSER_PASSWORD: LOGIN.password }, input, encoding: 'utf8', timeout: 60_000,
  });
  assert.equal(status, 0, stdout + stderr);
  return stdout;
}

/** Django's own server on a database, and a client of it. */
export async function startDjango(database, { key } = {}) {
  const port = await freePort();
  const child = spawn(PYTHON, [MANAGE, 'runserver', '--noreload', `127.0.0.1:${port}`], { env: environmentOf(database, key), stdio: 'ignore' });
  const ended = once(child, 'close');
  const url = `http://127.0.0.1:${port}`;
  const cookies = new Map();
  const ask = async (path, fields) => {
    const answer = await fetch(url + path, {
      method: fields ? 'POST' : 'GET',
      redirect: 'manual',
      headers: { Cookie: [...cookies].map((pair) => pair.join('=')).join('; ') },
      body: fields && new URLSearchParams({ ...fields, csrfmiddlewaretoken: cookies.get('csrftoken') }),
    });
    for (const cookie of answer.headers.getSetCookie()) {
      const [, name, value] = /^([^=]+)=([^;]*)/.exec(cookie);
      cookies.set(name, value);
    }
    return { status: answer.status, text: await answer.text(), location: answer.headers.get('location') };
  };
  await until(() => ask('/').then(() => true, () => false), 20_000, () => 'Django does not serve');
  return {
    ask,
    url,
    cookies,
    /** Signs in to its admin. */
    async signIn(login = LOGIN) {
      cookies.clear();
      await ask('/admin/login/');
      return (await ask('/admin/login/?next=/admin/', login)).status;
    },
    stop: () => { child.kill(); return ended; },
  };
}
