// Also on PostgreSQL.
// Search, filters, suggestions, neighbours, panels and the sitemap's part, and that they follow every write.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { get, runCommand, startServer, urlOf, POSTGRES, folderOf, skipOnPostgres } from '../../../tests/http/harness.mjs';
import { checkCommand, emptyDatabase, linksOf, quoted, range, sql, unescaped,
  untranslated, dropTrigger, searched } from '../../../tests/http/support.mjs';
import { spawnPsql } from '../../../tests/postgres.mjs';

const address = (id, city, state) => `INSERT INTO lettings_address VALUES (${id}, 1, 'Street', ${quoted(city)}, ${quoted(state)}, 1, 'USA');`;
const letting = (id, title, at = id) => `INSERT INTO lettings_letting VALUES (${id}, ${quoted(title)}, ${at});`;
const ROWS = [
  [1, 'Sunny Cottage', 'Hanover', 'NJ'], [2, 'Quiet cottages by the lake', 'Hanover', 'MA'], [3, 'Café Zürich', 'Ocean City', 'NJ'],
  [4, 'Hanover House', 'Bath', 'ME'], [5, "O'Brien's \"Barn\"", 'Ocean City', 'MD'], [6, 'בית על הים', 'Bath', 'ME'],
  [7, 'Neuschwanstein', 'Bath', 'ME'],
];
const titles = (text) => [...text.matchAll(/class="letting_link"[^>]*>([^<]*)</g)].map(([, title]) => unescaped(title));

describe('lettings', () => {
  let server;
  let database;
  const ask = async (query) => {
    const answer = await get(`${server.url}/lettings/${query}`);
    assert.equal(answer.status, 200, query);
    return answer.text;
  };
  const found = async (query) => titles(await ask(query)).map((title) => ROWS.find((row) => row[1] === title)?.[0] ?? title);

  before(async () => {
    const path = emptyDatabase();
    sql(path, ROWS.map(([id, title, city, state]) => address(id, city, state) + letting(id, title)).join('\n'));
    server = await startServer({ database: path });
    database = server.database;
  });
  after(() => server.stop());

  const SEARCHES = [
    ['?q=cottage', [1, 2], 'a word, then what begins so'],
    ['?q=COTTAGE+sunny', [1], 'all words'],
    ['?q=hanover', [4, 1, 2], 'titles before cities'],
    ['?q=cott', [1, 2], 'the beginning of a word'],
    ['?q=cott+sunny', [], 'only of the last'],
    ['?q=c', [1, 2, 3, 5], 'of one letter'],
    ['?q=%E2%80%94', [], 'no word at all'],
    ['?q=neuschwanste', [7], 'of twelve letters'],
    ['?q=neuschwanstei', [], 'or thirteen'],
    ['?q=nj', [1, 3], 'a state'],
    ['?q=cafe+zurich', [3], 'without accents'],
    ['?q=o%27brien', [5], 'with an apostrophe'],
    ['?q=%D7%91%D7%99%D7%AA', [6], 'from right to left'],
    ['?state=NJ', [1, 3], 'of a state'],
    ['?state=nj', [], 'as it is written'],
    ['?city=Hanover', [1, 2], 'of a city in any state'],
    ['?state=NJ&city=Hanover', [1], 'of one city'],
    ['?q=hanover&state=MA', [2], 'of both'],
    ['?q=cottage&city=Hanover', [1, 2], 'with a city'],
    ['?q=&state=&city=', [1, 2, 3, 4, 5, 6, 7], 'nothing asked for'],
    ['?q=cottage&q=barn', [5], 'the last of two'],
  ];
  for (const [query, expected, name] of SEARCHES) {
    test(`${query}: ${name}`, async () => assert.deepEqual(await found(query), expected));
  }

  const ANY = ['"', '""', '*', 'a*', '"*', 'NEAR(', 'NEAR(a b, 2)', 'a AND', 'AND', 'OR', 'NOT a', '(', ')', 'title:x', 'title : "', '^a', '+', '-',
    '{title} : a', '\\', "'", "'; DROP TABLE lettings_letting; --", '%', '_', '—', '…', '🏠', '👩‍👩‍👧‍👦 house', '\u202e\u05d0', '\u0301', 'é'.repeat(800),
    'x '.repeat(1500), 'x'.repeat(3000), '\u00a0', '\t', '$1', '?1', 'ﬀ', 'İstanbul', '\ud800', '0', '-1', '1e9'];
  test('any text gives a page', async () => {
    for (const text of ANY) {
      for (const name of ['q', 'state', 'city']) await ask(`?${name}=${encodeURIComponent(text.toWellFormed?.() ?? '')}`);
      await ask(`?q=cottage&city=${encodeURIComponent(text.toWellFormed?.() ?? '')}`);
    }
  });
  for (const bytes of ['%00', '%ff', '%c3%28', '%ed%a0%80', '%', '%zz', '=', '&&', 'a%00b']) {
    test(`any bytes give a page: ${bytes}`, () => ask(`?q=${bytes}&state=${bytes}&city=${bytes}`));
  }
  test('a place of hits that is none is not found', async () => {
    for (const from of ['x', '-1', '200', '50', '9999999999999999999999']) {
      assert.equal((await get(`${server.url}/lettings/?q=cottage&from=${from}`)).status, 404, from);
    }
  });

  const SUGGESTIONS = [['cottgae', 'cottage'], ['cotage', 'cottage'], ['cottagge', 'cottage'], ['xottage', 'cottage'], ['hannovre', 'hanover'],
    ['sunny+cotage', 'sunny cottage'], ['SUNY', 'sunny'], ['cottage', null], ['zzzzzz', null], ['cot', null], ['ab', null]];
  for (const [typed, meant] of SUGGESTIONS) {
    test(`${typed} ${meant ? `suggests ${meant}` : 'suggests nothing'}`, async () => {
      const url = /Did you mean <a href="([^"]*)"/.exec(await ask(`?q=${typed}`))?.[1];
      assert.equal(url && new URL(unescaped(url), server.url).searchParams.get('q'), meant ?? undefined);
      if (url) assert.ok(titles((await get(server.url + unescaped(url))).text).length);
    });
  }

  test('filters say how many, and lead there', async () => {
    const text = await ask('');
    for (const [label, count] of [['NJ', 2], ['ME', 3], ['Bath, ME', 3], ['Hanover, MA', 1]]) {
      const [, url] = new RegExp(`<a class="chip" href="([^"]*)"[^>]*>(?:<bdi>)?${label}(?:</bdi>)? <span class="count">${count}<`).exec(text) ?? [];
      assert.ok(url, label);
      assert.equal(titles((await get(server.url + unescaped(url))).text).length, count);
    }
  });

  test('what a search says is in French too', async () => {
    const values = ['Holiday Homes', 'English', 'Français', ...ROWS.flat().filter((value) => typeof value === 'string'), 'cottage'];
    for (const query of ['?q=sunny', '?q=cottage', '?q=cotage', '?q=zzzzzz', '?state=NJ', '?city=Bath', '?q=cottage&state=NJ']) {
      const french = await get(`${server.url}/lettings/${query}`, { headers: { 'accept-language': 'fr' } });
      assert.deepEqual(untranslated(french.text, await ask(query), values), [], query);
    }
  });

  for (const [query, english, french] of [
    ['?q=sunny', 'One letting found.', 'Une location trouvée.'],
    ['?q=cottage', '2 lettings found.', '2 locations trouvées.'],
  ]) {
    test(`${query}: ${english}`, async () => {
      assert.ok((await ask(query)).includes(english));
      assert.ok((await get(`${server.url}/lettings/${query}`, { headers: { 'accept-language': 'fr' } })).text.includes(french));
    });
  }

  test("a letting's page shows the others of its city, and leads to them", async () => {
    const { text } = await get(`${server.url}/lettings/1/`);
    assert.deepEqual(titles(text), ['Quiet cottages by the lake']);
    assert.ok(linksOf(text, /city=Hanover/).length);
  });

  test('where there are no others, nothing is said of the city', async () => {
    sql(database, address(80, 'Lonely', 'AK') + letting(80, 'Only one'));
    const { text } = await get(`${server.url}/lettings/80/`);
    sql(database, 'DELETE FROM lettings_letting WHERE id = 80; DELETE FROM lettings_address WHERE id = 80;');
    assert.match(text, /<h1>Only one<\/h1>/);
    assert.doesNotMatch(text, /Lettings in Lonely|city=Lonely/);
  });

  test('of many others six are shown', async () => {
    const ids = range(80, 88);
    sql(database, ids.map((id) => address(id, 'Full', 'AK') + letting(id, `Full ${id}`)).join(''));
    const pages = [await get(`${server.url}/lettings/80/`), await get(`${server.url}/lettings/87/`)];
    sql(database, 'DELETE FROM lettings_letting WHERE id >= 80; DELETE FROM lettings_address WHERE id >= 80;');
    assert.deepEqual(pages.map(({ text }) => titles(text)),
      [range(81, 86), range(80, 85)].map((shown) => shown.map((id) => `Full ${id}`)));
  });

  test('every write shows at once', async (t) => {
    t.after(() => sql(database, `DELETE FROM lettings_letting WHERE id >= 90; DELETE FROM lettings_address WHERE id >= 90;`));
    const states = async () => [...(await ask('')).matchAll(/\?state=(\w\w)"[^>]*><bdi>\1<\/bdi> <span class="count">(\d+)/g)].map(([, state, count]) => state + count).join(' ');
    const old = await states();
    sql(database, address(90, 'Xanadu', 'ZZ') + letting(90, 'Palace'));
    assert.deepEqual(await found('?q=xanadu'), ['Palace']);
    assert.equal(await states(), `${old} ZZ1`);
    sql(database, `UPDATE lettings_letting SET title = 'Castle' WHERE id = 90;`);
    assert.deepEqual([await found('?q=palace'), await found('?q=castle')], [[], ['Castle']]);
    sql(database, `UPDATE lettings_address SET city = 'Avalon', state = 'YY' WHERE id = 90;`);
    assert.deepEqual([await found('?q=xanadu'), await found('?city=Avalon')], [[], ['Castle']]);
    sql(database, `${POSTGRES ? `UPDATE lettings_letting SET title = 'Tower' WHERE id = 90; UPDATE lettings_address SET city = 'Camelot' WHERE id = 90;`
      : `REPLACE INTO lettings_letting VALUES (90, 'Tower', 90); REPLACE INTO lettings_address VALUES (90, 1, 'S', 'Camelot', 'YY', 1, 'USA');`}`);
    assert.deepEqual([await found('?q=castle'), await found('?q=camelot')], [[], ['Tower']]);
    sql(database, `BEGIN; INSERT INTO lettings_letting VALUES (92, 'Before its address', 92); ${address(92, 'Later', 'YY')} COMMIT;`);
    assert.deepEqual(await found('?q=later'), ['Before its address']);
    sql(database, `UPDATE lettings_letting SET id = 93 WHERE id = 92;`);
    assert.deepEqual(await found('?q=later'), ['Before its address']);
    sql(database, `DELETE FROM lettings_letting WHERE id = 93${POSTGRES ? ' OR id = 90' : ''}; DELETE FROM lettings_address WHERE id = 90;`);
    assert.deepEqual([await found('?q=later'), await found('?q=camelot')], [[], []]);
    sql(database, `DELETE FROM lettings_letting WHERE id = 90;`);
    assert.equal(await states(), old);
    assert.equal(sql(database, `${POSTGRES ? '' : "INSERT INTO lettings_search(lettings_search) VALUES ('integrity-check');"}
      SELECT count(*) FROM lettings_search_letting; SELECT count(*) FROM lettings_search;`), '7\n7');
  });

  test('who may only write lettings runs nothing as their owner', { skip: POSTGRES ? false : 'SQLite has no roles' }, async (t) => {
    t.after(() => sql(database, 'DROP OWNED BY lettings_writer; DROP ROLE lettings_writer; DELETE FROM lettings_letting WHERE id = 90; DELETE FROM lettings_address WHERE id = 90;'));
    sql(database, 'CREATE ROLE lettings_writer; GRANT ALL ON lettings_letting, lettings_address TO lettings_writer;');
    const spies = ['', '_due', '_letting', '_state', '_city', '_word', '_part'].map((end) => `CREATE TEMP TABLE lettings_search${end} AS SELECT * FROM public.lettings_search${end} LIMIT 0;
      CREATE TRIGGER spy BEFORE INSERT OR UPDATE OR DELETE OR TRUNCATE ON pg_temp.lettings_search${end} EXECUTE FUNCTION pg_temp.spy();`).join('\n');
    sql(database, `GRANT SELECT ON ALL TABLES IN SCHEMA public TO lettings_writer; SET ROLE lettings_writer;
      CREATE FUNCTION pg_temp.spy() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE 'as %', current_user; END $$; ${spies}
      ${address(90, 'Guarded', 'ZZ')} ${letting(90, 'Tower')} UPDATE lettings_address SET city = 'Watched' WHERE id = 90;`);
    assert.deepEqual(await found('?q=watched'), ['Tower']);
    for (const name of ['enter', 'changed', 'moved', 'emptied']) {
      assert.throws(() => sql(database, `SET ROLE lettings_writer; CREATE TEMP TABLE own (); CREATE TRIGGER own AFTER TRUNCATE ON own EXECUTE FUNCTION lettings_search_${name}();`), /permission denied for function/);
    }
  });

  test('who adds a letting waits for nobody who adds one in the same city', { skip: POSTGRES ? false : 'SQLite has one writer' }, async (t) => {
    t.after(() => sql(database, 'DELETE FROM lettings_letting WHERE id >= 90; DELETE FROM lettings_address WHERE id >= 90;'));
    const other = spawnPsql(database);
    t.after(() => other.kill());
    const ended = once(other, 'exit');
    other.stdin.write(`BEGIN; ${address(90, 'Busy', 'ZZ')} ${letting(90, 'Slow')} UPDATE lettings_letting SET title = 'Slower' WHERE id = 90; SELECT 'there';\n`);
    await once(other.stdout, 'data');
    sql(database, `SET lock_timeout = '2s'; ${address(91, 'Busy', 'ZZ')} ${letting(91, 'Quick')}`);
    assert.deepEqual(await found('?q=busy'), ['Quick']);
    other.stdin.end('COMMIT;\n');
    await ended;
    assert.deepEqual([await found('?q=busy'), await found('?q=slow')], [['Slower', 'Quick'], ['Slower']]);
    assert.equal(sql(database, `SELECT lettings FROM lettings_search_state WHERE state = 'ZZ'; SELECT count(*) FROM lettings_search_due;`), '2\n0');
  });

  test('what a transaction takes back is not found', async (t) => {
    t.after(() => sql(database, 'DELETE FROM lettings_letting WHERE id >= 90; DELETE FROM lettings_address WHERE id >= 90;'));
    sql(database, `BEGIN; ${address(90, 'Kept', 'ZZ')} ${letting(90, 'Stays')} SAVEPOINT here; ${address(91, 'Kept', 'ZZ')} ${letting(91, 'Leaves')}
      UPDATE lettings_letting SET title = 'Other' WHERE id = 90; ROLLBACK TO here; COMMIT;`);
    sql(database, `BEGIN; DELETE FROM lettings_letting WHERE id = 90; ROLLBACK;`);
    assert.deepEqual([await found('?q=kept'), await found('?q=leaves'), await found('?q=other')], [['Stays'], [], []]);
    assert.equal(sql(database, `SELECT lettings FROM lettings_search_state WHERE state = 'ZZ';`), '1');
  });

  test('pages of a filter carry it on', async (t) => {
    t.after(() => sql(database, 'DELETE FROM lettings_letting WHERE id >= 1000; DELETE FROM lettings_address WHERE id >= 1000;'));
    sql(database, `BEGIN; ${Array.from({ length: 230 }, (_, i) => address(1000 + i, 'Long & Far', 'QQ') + letting(1000 + i, `Row ${i}`)).join('')} COMMIT;`);
    for (const [start, total] of [['?state=QQ&city=Long+%26+Far', 230], ['?state=QQ', 230], ['?city=Long+%26+Far', 230], ['?q=row', 200], ['?q=row&state=QQ', 200]]) {
      const seen = [];
      for (let url = `/lettings/${start}`; url;) {
        const { status, text } = await get(server.url + url);
        assert.equal(status, 200, url);
        seen.push(...titles(text));
        const [next] = linksOf(text, /rel="next"/);
        url = next && new URL(next, server.url + url).href.slice(server.url.length);
      }
      assert.deepEqual(seen, Array.from({ length: total }, (_, i) => `Row ${i}`), start);
    }
    const last = titles(await ask('?state=QQ&last=1'));
    assert.deepEqual([last.length, last.at(-1)], [50, 'Row 229']);
  });
});

test('a database without the tables of the search is served', async (t) => {
  const path = emptyDatabase();
  sql(path, address(1, 'Bath', 'ME') + letting(1, 'Home'));
  checkCommand(['migrate', 'lettings', '0001'], { env: { DATABASE_URL: urlOf(path) } });
  const server = await startServer({ database: path, t });
  for (const url of ['/', '/lettings/', '/lettings/?q=home', '/lettings/?state=ME', '/lettings/1/', '/readyz']) {
    assert.equal((await get(server.url + url)).status, 200, url);
  }
});

test('triggers that a remade table has lost are made again, and what they missed with them', { skip: skipOnPostgres('Django remakes no table of PostgreSQL') }, () => {
  const path = emptyDatabase();
  const env = { DATABASE_URL: urlOf(path) };
  sql(path, `PRAGMA foreign_keys = OFF; BEGIN;
    CREATE TABLE new__lettings_letting (id integer NOT NULL PRIMARY KEY AUTOINCREMENT, title varchar(256) NOT NULL,
      address_id integer NOT NULL UNIQUE REFERENCES lettings_address (id) DEFERRABLE INITIALLY DEFERRED);
    DROP TABLE lettings_letting; ALTER TABLE new__lettings_letting RENAME TO lettings_letting; COMMIT;
    ${address(1, 'Bath', 'ME')} ${letting(1, 'Missed')}`);
  checkCommand(['check'], { env, status: 1, err: /lettings_letting_insert, which the migration lettings\.0002_search made, is gone: run `oc-lettings migrate`/ });
  checkCommand(['migrate'], { env, out: /again of 1 migration\./ });
  checkCommand(['check'], { env });
  checkCommand(['migrate'], { env, out: /^Nothing to migrate\.$/m });
  assert.equal(sql(path, `${searched('missed')}; SELECT lettings FROM lettings_search_state;`), '1\n1');
});

for (const gone of ['TABLE lettings_search', 'TABLE lettings_search_state', ...(POSTGRES ? [] : ['VIEW lettings_search_count']),
  'INDEX lettings_search_letting_city', 'TRIGGER lettings_address_delete']) {
  test(`the lost ${gone} is named, and made again`, () => {
    const path = emptyDatabase();
    const env = { DATABASE_URL: urlOf(path) };
    sql(path, `${address(1, 'Bath', 'ME')} ${letting(1, 'Missed')} ${gone.startsWith('TRIGGER') ? dropTrigger('lettings_address_delete', 'lettings_address') : `DROP ${gone};`}`);
    checkCommand(['check'], { env, status: 1, err: new RegExp(`${gone.split(' ')[1]}, which the migration .* is gone: run`) });
    checkCommand(['migrate'], { env, out: /again of 1 migration\./ });
    checkCommand(['check'], { env });
    assert.equal(sql(path, `${searched('missed')}; SELECT lettings FROM lettings_search_state;`), '1\n1');
  });
}

test('a trigger that is another now is named, and made again', { skip: skipOnPostgres('PostgreSQL does not keep the SQL that made it') }, () => {
  const path = emptyDatabase();
  const env = { DATABASE_URL: urlOf(path) };
  sql(path, `DROP TRIGGER lettings_letting_insert;
    CREATE TRIGGER lettings_letting_insert AFTER INSERT ON lettings_letting BEGIN SELECT 1; END; ${address(1, 'Bath', 'ME')} ${letting(1, 'Missed')}`);
  checkCommand(['check'], { env, status: 1, err: /lettings_letting_insert, which the migration .* made, is another now: run `oc-lettings migrate`/ });
  checkCommand(['migrate'], { env, out: /again of 1 migration\./ });
  checkCommand(['check'], { env });
  assert.equal(sql(path, searched('missed')), '1');
});

test('serve says at its start what is lost', async (t) => {
  const path = emptyDatabase();
  sql(path, `${dropTrigger('lettings_address_delete', 'lettings_address')} DROP INDEX lettings_search_letting_city;`);
  const server = await startServer({ database: path, t });
  for (const name of ['lettings_address_delete', 'lettings_search_letting_city']) {
    assert.match(await server.logged(new RegExp(`level=warning .*${name}`)), /is gone: run `oc-lettings migrate`/);
  }
  assert.equal((await get(`${server.url}/lettings/`)).status, 200);
});

describe('many lettings at once', () => {
  const FEW = 20;
  const MANY = 2500;
  const fixture = (dir, count, more = []) => {
    const rows = Array.from({ length: count }, (_, i) => i + 1).flatMap((pk) => [
      { model: 'lettings.letting', pk, fields: { title: `Loaded ${pk}`, address: pk } },
      { model: 'lettings.address', pk, fields: { number: pk, street: 'S', city: `Port ${pk % 7}`, state: 'ME', zip_code: 1, country_iso_code: 'USA' } },
    ]);
    writeFileSync(join(dir, 'many.json'), JSON.stringify([...rows, ...more]));
    return join(dir, 'many.json');
  };
  const summary = (path) => sql(path, `SELECT count(*) FROM (${searched('loaded')}) AS hits; SELECT lettings FROM lettings_search_state;
    SELECT group_concat(city || lettings) FROM (SELECT * FROM lettings_search_city ORDER BY city) AS part;
    ${POSTGRES ? '' : "INSERT INTO lettings_search(lettings_search) VALUES ('integrity-check');"}`);

  for (const count of [FEW, MANY]) {
    test(`${count} are loaded and found`, () => {
      const path = emptyDatabase();
      const env = { DATABASE_URL: urlOf(path) };
      checkCommand(['loaddata', fixture(folderOf(path), count)], { env });
      checkCommand(['check'], { env });
      const cities = Array.from({ length: 7 }, (_, i) => `Port ${i}${Math.floor((count - i) / 7) + (i > 0)}`);
      assert.equal(summary(path), `${count}\n${count}\n${cities.join(',')}`);
      sql(path, `DELETE FROM lettings_letting WHERE id = 1; ${address(count + 1, 'Port 0', 'ME')} ${letting(count + 1, 'Loaded last')}`);
      assert.equal(summary(path).split('\n')[0], String(count), 'the triggers are there');
    });
  }

  test('a load that fails leaves all as it was', () => {
    const path = emptyDatabase();
    const env = { DATABASE_URL: urlOf(path) };
    sql(path, address(1, 'Bath', 'ME') + letting(1, 'Old'));
    const wrong = { model: 'lettings.letting', pk: 9999, fields: { title: 'Nowhere', address: 9999 } };
    checkCommand(['loaddata', fixture(folderOf(path), MANY, [wrong])], { env, status: 1, err: /9999/ });
    checkCommand(['check'], { env });
    sql(path, address(2, 'Bath', 'ME') + letting(2, 'New'));
    assert.equal(sql(path, `${searched('old', 'new')}; SELECT lettings FROM lettings_search_state;`), '1\n2\n2');
  });
});

test('made-up lettings are the same for the same seed, and found', () => {
  const titlesOf = (...args) => {
    const path = emptyDatabase();
    const env = { DATABASE_URL: urlOf(path) };
    checkCommand(['demo', '--lettings', '30', ...args], { env, out: /^Made 30 lettings\.$/m });
    checkCommand(['check'], { env });
    assert.equal(sql(path, 'SELECT sum(lettings) FROM lettings_search_state; SELECT count(*) FROM lettings_search;'), '30\n30');
    checkCommand(['demo', '--lettings', '5'], { env, status: 1, err: /there are lettings already: add to them with --add/ });
    checkCommand(['demo', '--lettings', '5', '--add'], { env, out: /Made 5/ });
    return sql(path, 'SELECT title FROM lettings_letting ORDER BY id LIMIT 30');
  };
  assert.equal(titlesOf(), titlesOf('--seed', '0'));
  assert.notEqual(titlesOf(), titlesOf('--seed', '1'));
});

for (const [args, err] of [[['--lettings'], /--lettings lacks its number/], [['--lettings', 'many'], /must be a number from 1 to 100000000, not "many"/],
  [['--lettings', '0'], /from 1 to/], [['--lettings', '-3'], /from 1 to/], [['--lettings', '100000001'], /from 1 to/], [['--seed', 'x'], /--seed must be/],
  [['--boats', '3'], /"--boats" is no option/], [['5'], /"5" is no option/]]) {
  test(`demo ${args.join(' ')} is refused`, () => {
    const { status, stderr } = runCommand(['demo', ...args]);
    assert.equal(status, 2);
    assert.match(stderr, err);
  });
}
