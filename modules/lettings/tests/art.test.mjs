// Also on PostgreSQL.
// The pictures of lettings, and what machines read on their pages.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { get, startServer, POSTGRES } from '../../../tests/http/harness.mjs';
import { quoted, sql } from '../../../tests/http/support.mjs';

const ART = ['joshua-tree-green-haus-w-hot-tub', 'oceanview-retreat', 'silo-studio-cottage',
  'pirates-of-the-caribbean-getaway', 'the-mushroom-dome-retreat-land-of-paradise-suite',
  'underground-hygge'];
const HOSTILE = `"A" & </script><!-- 'b' \\n {{ x }} קיט`;

let server;
before(async () => { server = await startServer(); });
after(() => server?.stop());

const picturesOf = (text) => [...text.matchAll(/<img [^>]*src="(\/static\/lettings\/art\/[^"]*)"/g)]
  .map(([, url]) => url);
const nameOf = (url) => /art\/([a-z0-9-]+)\.[0-9a-f]{12}\.svg$/.exec(url)?.[1];

test('each demo letting has its own picture, in the list and on its page', async () => {
  const pictures = picturesOf((await get(`${server.url}/lettings/`)).text);
  assert.deepEqual(pictures.map(nameOf), ART);
  for (const [i, picture] of pictures.entries()) {
    assert.deepEqual(picturesOf((await get(`${server.url}/lettings/${i + 1}/`)).text), [picture]);
    const { status, headers, text } = await get(server.url + picture);
    assert.equal(status, 200);
    assert.equal(headers['content-type'], 'image/svg+xml');
    assert.ok(text.length <= 6144, `${picture} has ${text.length} bytes`);
  }
});

for (const [title, expected] of [['UNDERGROUND -- hygge!', 'underground-hygge'],
  ['Underground Hygge 2', 'placeholder-1'], ['Placeholder', 'placeholder-1'],
  ['', 'placeholder-1'], ['東京', 'placeholder-1'], ['../art/underground-hygge', 'placeholder-1'],
  ['x'.repeat(256), 'placeholder-1']]) {
  test(`the picture of "${title.slice(0, 30)}" is ${expected}`, async () => {
    sql(server.database, `UPDATE lettings_letting SET title = ${quoted(title)} WHERE id = 1;`);
    const [picture] = picturesOf((await get(`${server.url}/lettings/1/`)).text);
    assert.equal(nameOf(picture), expected);
  });
}

test('structured data is JSON whatever the title is', async () => {
  sql(server.database, `UPDATE lettings_letting SET title = ${quoted(HOSTILE)} WHERE id = 1;`);
  const { text } = await get(`${server.url}/lettings/1/`);
  const [, json] = /<script type="application\/ld\+json">([^]*?)<\/script>/.exec(text);
  const [rental, { itemListElement }] = JSON.parse(json);
  assert.equal(rental['@type'], 'VacationRental');
  assert.equal(rental.name, HOSTILE);
  assert.equal(rental.address.postalCode, '31525');
  assert.deepEqual(itemListElement.map(({ name }) => name), ['Lettings', HOSTILE]);
});

describe('the map', () => {
  const mapOf = (text) => /<img class="locator" src="([^"]*)" alt="([^"]*)"/.exec(text)?.slice(1);

  test('has all states, and shows which it is', async () => {
    const [src, alt] = mapOf((await get(`${server.url}/lettings/2/`)).text);
    assert.match(src, /locator\.[0-9a-f]{12}\.svg#OH$/);
    assert.equal(alt, 'Map of the USA showing OH');
    const states = [...(await get(server.url + src)).text.matchAll(/<g id="([A-Z]{2})">/g)].map(([, state]) => state);
    assert.equal(states.length, 52); // with the District of Columbia and Puerto Rico
    for (const state of states) {
      sql(server.database, `UPDATE lettings_address SET state = '${state}' WHERE id = 2;`);
      assert.ok(mapOf((await get(`${server.url}/lettings/2/`)).text)[0].endsWith(`.svg#${state}`), state);
    }
  });

  for (const [country, state] of [['FRA', 'GA'], ['USA', 'ZZ'], ['USA', 'ga'], ['USA', ''], ...(POSTGRES ? [] : [['USA', 'GA AL']]), ['', '']]) {
    test(`is a place on no map for "${state}" in "${country}"`, async () => {
      sql(server.database, `UPDATE lettings_address SET state = '${state}', country_iso_code = '${country}' WHERE id = 2;`);
      const [src, alt] = mapOf((await get(`${server.url}/lettings/2/`)).text);
      assert.match(src, /place\.[0-9a-f]{12}\.svg$/);
      assert.equal(alt, '');
      assert.equal((await get(server.url + src)).status, 200);
    });
  }
});
