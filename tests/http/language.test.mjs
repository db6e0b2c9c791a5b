// Also on PostgreSQL.
// The visitor's language: by cookie, by Accept-Language, by LANGUAGE_CODE; the link that remembers it.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { get, MODULES, runCommand, startServer } from './harness.mjs';
import { demoFixtures, linksOf, untranslated } from './support.mjs';

const ENGLISH = 'Page not found';
const FRENCH = 'Page introuvable';

let server;
before(async () => { server = await startServer(); });
after(() => server?.stop());

const ask = (path, headers, options) => get(`${server.url}${path}`, { headers, ...options });

const CHOICES = [
  [{}, 'en'],
  [{ 'accept-language': 'fr' }, 'fr'],
  [{ 'accept-language': 'fr-CH, fr;q=0.9, en;q=0.8' }, 'fr'],
  [{ 'accept-language': 'en-GB,en;q=0.9,fr;q=0.8' }, 'en'],
  [{ 'accept-language': 'de, fr;q=0.1' }, 'fr'],
  [{ 'accept-language': 'de' }, 'en'],
  [{ 'accept-language': '*' }, 'en'],
  [{ 'accept-language': 'fr;q=0' }, 'en'],
  [{ 'accept-language': `${'x,'.repeat(5000)}fr` }, 'fr'],
  [{ cookie: 'django_language=fr' }, 'fr'],
  [{ cookie: 'a=b; django_language=fr; c=d', 'accept-language': 'en' }, 'fr'],
  [{ cookie: 'django_language=en', 'accept-language': 'fr' }, 'en'],
  [{ cookie: 'django_language=fr-CA' }, 'fr'],
  [{ cookie: 'django_language=xx', 'accept-language': 'fr' }, 'fr'],
  [{ cookie: 'django_language=', 'accept-language': 'fr' }, 'fr'],
  [{ cookie: 'django_language' }, 'en'],
  [{ cookie: 'xdjango_language=fr' }, 'en'],
  [{ cookie: '; =; django_language=../fr' }, 'en'],
];
for (const [headers, code] of CHOICES) {
  test(`${JSON.stringify(headers).slice(0, 80)} is answered in "${code}"`, async () => {
    const { headers: got, text } = await ask('/', headers);
    assert.equal(got['content-language'], code);
    assert.match(text, new RegExp(`<html lang="${code}">`));
    const vary = got.vary.split(', ');
    for (const name of ['Accept-Language', 'Cookie']) assert.ok(vary.includes(name), got.vary);
  });
}

const ERRORS = [
  ['/nothing/', 404, ENGLISH, FRENCH],
  ['/lettings/999/', 404, ENGLISH, FRENCH],
  ['/lettings/1%zz', 400, 'not well formed', 'mal formés'],
];
for (const [path, status, english, french] of ERRORS) {
  test(`the error page of ${path} is in either language`, async () => {
    const answers = [await ask(path), await ask(path, { 'accept-language': 'fr' })];
    assert.deepEqual(answers.map((answer) => answer.status), [status, status]);
    assert.ok(answers[0].text.includes(english), answers[0].text);
    assert.ok(answers[1].text.includes(french), answers[1].text);
    assert.equal(answers[1].headers['content-language'], 'fr');
  });
}

test('a method that is refused is refused in French', async () => {
  const { status, text } = await ask('/', { cookie: 'django_language=fr' }, { method: 'PUT' });
  assert.equal(status, 405);
  assert.match(text, /Méthode non autorisée/);
  assert.match(text, /Cette page n’accepte pas cette méthode\./);
});

test('the rows of the navigation are in the language', async () => {
  const { text } = await ask('/', { 'accept-language': 'fr' });
  const labels = { home: 'Accueil', lettings: 'Locations', profiles: 'Profils' };
  for (const label of MODULES.map((name) => labels[name]).filter(Boolean)) assert.ok(text.includes(`>${label}</a>`), label);
});

/** Every text of the demo data, and what is called the same everywhere. */
const VALUES = ['Holiday Homes', 'English', 'Français', ...demoFixtures().flat()
  .flatMap(({ fields }) => Object.values(fields).filter((value) => typeof value === 'string'))];
const INITIALS = /^\p{Lu}{1,2}$/u;

test('nothing on any page is left in English', async () => {
  const urls = async (path) => [...(await ask(path)).text.matchAll(/<loc>([^<]*)</g)].map(([, url]) => url.replace(server.url, ''));
  const pages = (await Promise.all((await urls('/sitemap.xml')).map(urls))).flat();
  assert.ok(pages.includes('/'));
  for (const path of [...pages, '/nothing/', '/lettings/1%zz']) {
    const [english, french] = [await ask(path), await ask(path, { 'accept-language': 'fr' })].map(({ text }) => text);
    assert.deepEqual(untranslated(french, english, VALUES).filter((text) => !INITIALS.test(text)), [], path);
  }
});

test('a text that is not translated is seen', () => {
  const page = (heading, label) => `<h1>${heading}</h1><p>Bath, ME</p><img alt="${label}">
    <script type="application/ld+json">{"@type": "Thing", "name": "${heading}", "url": "/x"}</script>`;
  assert.deepEqual(untranslated(page('Search', 'Map'), page('Search', 'Carte'), ['Bath', 'ME']), ['Search', 'Search']);
  assert.deepEqual(untranslated(page('Search', 'Map'), page('Rechercher', 'Map'), ['Bath', 'ME']), ['Map']);
  assert.deepEqual(untranslated(page('Search', 'Map'), page('Rechercher', 'Carte'), ['Bath']), ['Bath, ME']);
});

test("the footer's link takes the visitor back to the page, in the language from then on", async () => {
  const { text } = await ask('/', { 'accept-language': 'en' });
  const [link] = linksOf(text.slice(text.indexOf('<footer')), /hreflang="fr"/);
  const { headers } = await ask(link);
  const cookie = headers['set-cookie'][0].split(';')[0];
  assert.equal(headers.location, '/');
  for (const path of ['/', '/nothing/']) {
    const page = await ask(path, { cookie, 'accept-language': 'en' });
    assert.match(page.text, /<html lang="fr">/);
    assert.match(page.text.slice(page.text.indexOf('<footer')), /hreflang="fr"[^>]* aria-current="true"/);
  }
});

test('an answer without texts says nothing of languages', async () => {
  for (const path of ['/static/site/site.css', '/favicon.ico', '/robots.txt', '/healthz', '/language/fr']) {
    const { headers } = await ask(path, { 'accept-language': 'fr' });
    assert.equal(headers['content-language'], undefined, path);
    assert.doesNotMatch(headers.vary ?? '', /Language|Cookie/, path);
  }
});

test('a tag of one language is not taken for the other', async () => {
  const { headers: { etag } } = await ask('/', { 'accept-language': 'en' });
  const same = await ask('/', { 'accept-language': 'en', 'if-none-match': etag });
  assert.equal(same.status, 304);
  assert.match(same.headers.vary, /Accept-Language, Cookie/);
  assert.equal((await ask('/', { 'accept-language': 'fr', 'if-none-match': etag })).status, 200);
});

test('each page links to itself in every language', async () => {
  const { text } = await ask('/lettings/?after=2&x=%C3%A9%26', { 'accept-language': 'fr' });
  const links = [...text.matchAll(/<a href="(\/language\/[^"]*)"([^>]*)>([^<]*)</g)];
  assert.deepEqual(links.map(([, , , name]) => name), ['English', 'Français']);
  assert.deepEqual(links.map(([, , attributes]) => attributes.includes('aria-current')), [false, true]);
  for (const [, url] of links) {
    const { status, headers } = await ask(url);
    assert.equal(status, 302);
    assert.equal(headers.location, '/lettings/?after=2&x=%C3%A9%26');
  }
});

test('the link remembers the language for a year', async () => {
  const { status, headers } = await ask('/language/fr/?next=/lettings/');
  assert.equal(status, 302);
  assert.equal(headers.location, '/lettings/');
  const [cookie, ...more] = headers['set-cookie'];
  assert.deepEqual(more, []);
  assert.equal(cookie, 'django_language=fr; Path=/; Max-Age=31536000; SameSite=Lax; HttpOnly');
  const page = await ask(headers.location, { cookie: cookie.split(';')[0], 'accept-language': 'en' });
  assert.equal(page.headers['content-language'], 'fr');
});

test('over https the cookie is kept to https', async (t) => {
  const proxied = await startServer({ env: { TRUSTED_PROXIES: '127.0.0.1' }, t });
  const { headers } = await get(`${proxied.url}/language/fr/`, { headers: { 'x-forwarded-proto': 'https' } });
  assert.match(headers['set-cookie'][0], /; Secure$/);
});

const KEPT = ['/', '/lettings/', '/lettings/?a=b', '/x//y', '/a\\b', '/?next=//example.com/', '/é', '/:x'];
const REFUSED = ['', 'lettings/', '//example.com', '///example.com', '/\\example.com', '\\\\example.com', '/\t/example.com',
  '/\n/example.com', '/a\rb', '\t//example.com', ' /lettings/', 'http://example.com/', 'https:example.com', 'javascript:alert(1)',
  'data:text/html,x', '/a\x7f', '\x00/', '@example.com', '?a', '#a'];
test('the link goes on to paths of this site only', async () => {
  const host = new URL(server.url).host;
  for (const next of KEPT) {
    const { headers } = await ask(`/language/fr/?next=${encodeURIComponent(next)}`);
    const url = new URL(headers.location, server.url);
    assert.equal(url.host, host, next);
    assert.notEqual(next !== '/' && headers.location === '/', true, next);
  }
  for (const next of REFUSED) {
    const { status, headers } = await ask(`/language/fr/?next=${encodeURIComponent(next)}`);
    assert.deepEqual([status, headers.location], [302, '/'], JSON.stringify(next));
  }
  assert.equal((await ask('/language/fr/')).headers.location, '/');
  assert.equal((await ask('/language/fr/?next=%FF')).headers.location, '/');
  assert.equal((await ask('/language/fr/?next=/lettings/&next=//example.com')).headers.location, '/');
});

test('there is no link to a language that the site does not have', async () => {
  for (const code of ['xx', 'de', 'fr-ca', 'f', 'mo']) {
    const { status, headers } = await ask(`/language/${code}/?next=/`);
    assert.equal(status, 404, code);
    assert.equal(headers['set-cookie'], undefined);
  }
  assert.equal((await ask('/language/fr/', {}, { method: 'POST' })).status, 405);
});

test('LANGUAGE_CODE is the language of those who ask for none that there is', async (t) => {
  const french = await startServer({ env: { LANGUAGE_CODE: 'fr' }, t });
  const codeFor = async (headers) => (await get(`${french.url}/`, { headers })).headers['content-language'];
  assert.equal(await codeFor({}), 'fr');
  assert.equal(await codeFor({ 'accept-language': 'de' }), 'fr');
  assert.equal(await codeFor({ 'accept-language': 'en' }), 'en');
});

test('a LANGUAGE_CODE without a catalogue stops the start', () => {
  for (const code of ['xx', 'FR', 'fr.mo', '../fr']) {
    const { status, stderr } = runCommand(['serve'], { env: { LANGUAGE_CODE: code, PORT: '0' } });
    assert.notEqual(status, 0, code);
    assert.match(stderr, /LANGUAGE_CODE is ".*", but there is no locale\//);
  }
});
