// Accounts for tests: users made with SQL, and a visitor who keeps cookies and sends forms.
import assert from 'node:assert/strict';
import { pbkdf2Sync } from 'node:crypto';
import { get } from './harness.mjs';
import { quoted, sql, truth, unescaped } from './support.mjs';

export const PASSWORD = 'correct horse 7';
/** Hashing as fast as it can be, so that tests do not wait for it. */
export const FAST = { PASSWORD_ITERATIONS: '100' };

/** As Django writes it. */
export function hashOf(password, iterations = 100, salt = 'seasaltseasaltseasalt0') {
  const hash = pbkdf2Sync(password, salt, iterations, 32, 'sha256').toString('base64');
  return `pbkdf2_sha256$${iterations}$${salt}$${hash}`;
}

/** Adds a user and returns the key. */
export function addUser(database, username, { password = PASSWORD, hash = hashOf(password), staff = 0, superuser = 0,
  active = 1, email = `${username}@example.com` } = {}) {
  return Number(sql(database, `INSERT INTO auth_user (password, is_superuser, username, last_name, email, is_staff,
    is_active, date_joined, first_name) VALUES (${quoted(hash)}, ${truth(superuser)}, ${quoted(username)}, '', ${quoted(email)},
    ${truth(staff)}, ${truth(active)}, '2020-06-14 09:41:15', '') RETURNING id;`));
}

/** Adds somebody who may sign in to the admin and has these permissions alone; gives the name. */
export function addStaff(database, username, ...permissions) {
  const id = addUser(database, username, { staff: 1 });
  for (const permission of permissions) {
    sql(database, `INSERT INTO auth_user_user_permissions (user_id, permission_id)
      SELECT ${id}, id FROM auth_permission WHERE codename = ${quoted(permission)};`);
  }
  return username;
}

export class Visitor {
  cookies = new Map();

  constructor(url, headers = {}) {
    this.url = url;
    this.headers = headers;
  }

  get cookie() { return [...this.cookies].map((pair) => pair.join('=')).join('; '); }

  async ask(path, { headers = {}, ...options } = {}) {
    const cookie = this.cookies.size ? { Cookie: this.cookie } : {};
    const answer = await get(this.url + path, { headers: { ...this.headers, ...cookie, ...headers }, ...options });
    for (const line of answer.headers['set-cookie'] ?? []) {
      const [, name, value] = /^([^=]+)=([^;]*)/.exec(line);
      if (/Max-Age=0/.test(line)) this.cookies.delete(name);
      else this.cookies.set(name, value);
    }
    return answer;
  }

  /** The token of a form on a page. */
  async token(path = '/accounts/login/') {
    const { text } = await this.ask(path);
    const token = /name="csrfmiddlewaretoken" value="([^"]*)"/.exec(text)?.[1];
    assert.ok(token, `no form on ${path}: ${text}`);
    return token;
  }

  /** Sends a form, with the token of the page it is on unless one is given (null: none). */
  async post(path, fields, { token, page = path, headers = {}, ...options } = {}) {
    const sent = token === undefined ? await this.token(page) : token;
    const body = new URLSearchParams(fields);
    if (sent !== null) body.append('csrfmiddlewaretoken', sent);
    return this.ask(path, {
      method: 'POST', body: String(body), ...options,
      headers: { 'Content-Type': 'application/x-www-form-urlencoded', ...headers },
    });
  }

  signIn(username, password = PASSWORD, fields = {}) {
    return this.post('/accounts/login/', { username, password, ...fields });
  }

  signOut() { return this.post('/accounts/logout/', {}, { page: '/accounts/login/' }); }

  /** The name of who is signed in, as the page's head says; null: nobody. */
  async name(path = '/accounts/login/') {
    const { text } = await this.ask(path);
    const found = /<a id="account"[^>]*><span[^>]*>[^<]*<\/span>([^<]*)<\/a>/.exec(text);
    return found ? unescaped(found[1]) : null;
  }
}

/** A visitor who is signed in. */
export async function signedIn(server, username, password = PASSWORD) {
  const visitor = new Visitor(server.url);
  const answer = await visitor.signIn(username, password);
  assert.equal(answer.status, 302, answer.text);
  return visitor;
}

/** Tests that so many wrong passwords, each from an address of its own and over many accounts, open nothing, are hardly
    ever looked at, and leave a page as quick as it was. */
export async function guessPasswords(server, count) {
  const secret = 'abcdefghijklmnopqrstuvwxyzABCDEF';
  const counts = new Map();
  const accounts = count / 100;
  for (let i = 0; i < accounts; i++) addUser(server.database, `guessed${i}`);
  const guess = async (i, password = `wrong ${i}`) => {
    const body = new URLSearchParams({ username: `guessed${i % accounts}`, password, csrfmiddlewaretoken: secret });
    const { status, headers } = await get(`${server.url}/accounts/login/`, {
      method: 'POST', body: String(body), headers: {
        'Content-Type': 'application/x-www-form-urlencoded', Cookie: `csrftoken=${secret}`, 'X-Forwarded-For': `10.${i >> 16}.${(i >> 8) & 255}.${i & 255}`,
      },
    });
    assert.ok(!/sessionid=\w/.test(String(headers['set-cookie'])), `${i} is signed in`);
    counts.set(status, (counts.get(status) ?? 0) + 1);
    return status;
  };
  const before = await secondsOf(server);
  let next = 0;
  const guessing = Promise.all(Array.from({ length: 16 }, async () => { while (next < count) await guess(next++); }));
  const meanwhile = await secondsOf(server);
  await guessing;
  const tried = counts.get(200) ?? 0;
  assert.deepEqual([...counts.keys()].filter((status) => status !== 200 && status !== 429), []);
  assert.ok(tried >= 30 * accounts && tried <= 40 * accounts, `${tried} of ${count} were looked at`);
  // On a slow machine the wait may be over: another wrong one begins it anew.
  for (let i = 0; i < 50 && await guess(0) === 200; i++);
  assert.equal(await guess(0, PASSWORD), 429);
  assert.ok(meanwhile < Math.max(before * 10, 0.25), `a page took ${meanwhile} s, before ${before} s`);
  return { tried };
}

/** Of a page, the median of a few. */
async function secondsOf(server) {
  const times = [];
  for (let i = 0; i < 15; i++) {
    const start = performance.now();
    assert.equal((await get(`${server.url}/accounts/login/`)).status, 200);
    times.push((performance.now() - start) / 1000);
  }
  return times.sort((a, b) => a - b)[times.length >> 1];
}
