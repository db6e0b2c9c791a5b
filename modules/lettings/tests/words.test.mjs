// Also on PostgreSQL.
// What guests type: words that say nothing, names of states, scripts without spaces, words with slips of the finger.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { get, startServer, POSTGRES } from '../../../tests/http/harness.mjs';
import { emptyDatabase, linksOf, sql, unescaped } from '../../../tests/http/support.mjs';
import { insertLetting, titlesOf } from './many.mjs';

const ROWS = [
  [1, 'Cottage in the Woods', 'Savannah', 'GA'], [2, 'Georgia on my Mind', 'Bath', 'ME'], [3, 'Mill', 'Albany', 'NY'], [4, 'New York Loft', 'Dover', 'DE'],
  [5, 'Cabin', 'Charleston', 'WV'], [6, 'Villa', 'Richmond', 'VA'], [7, 'Barge', 'Washington', 'DC'], [8, 'Hut', 'Gary', 'IN'], [9, 'Beach House', 'San Juan', 'PR'],
  [10, '東京の静かな家', '京都', 'JP'], [11, '한강이 보이는 집', '서울', 'KR'], [12, 'บ้านสวนริมน้ำ', 'เชียงใหม่', 'TH'], [13, 'Tokyo東京Inn 2', 'Akron', 'OH'],
  [14, 'The With', 'Macon', 'ga'], [15, 'Maison de la Mer', 'New Orleans', 'LA'], [16, 'Zen', '大阪', '日本'], [17, '𠮷野家', 'Nara', 'JP'],
];

describe('words', () => {
  let server;
  const ask = async (query) => {
    const answer = await get(`${server.url}/lettings/${query}`);
    assert.equal(answer.status, 200, query);
    return answer.text;
  };
  const found = async (words) => titlesOf(await ask(`?q=${encodeURIComponent(words)}`)).map((title) => ROWS.find((row) => row[1] === title)[0]);
  const suggested = async (query) => {
    const url = /Did you mean <a href="([^"]*)"/.exec(await ask(query))?.[1];
    if (!url) return null;
    assert.ok(titlesOf((await get(server.url + unescaped(url))).text).length, 'it finds something');
    return new URL(unescaped(url), server.url).searchParams.get('q');
  };

  before(async () => {
    const path = emptyDatabase();
    sql(path, ROWS.map((row) => insertLetting(...row)).join('\n'));
    server = await startServer({ database: path });
  });
  after(() => server.stop());

  for (const [words, expected, name] of [
    ['a cottage near the woods', [1], 'what says nothing is left aside'],
    ['mill in albany', [3], 'in any order'],
    ['Mill IN Albany', [], 'but a state in capitals'],
    ['MILL IN ALBANY', [3], 'where not all is in capitals'],
    ['hut in', [8], 'or at the end'],
    ['une maison à la mer', [15], 'in French'],
    ['la mer de la maison', [15], 'in any order'],
    ["l'hut à l'hut", [8], 'with apostrophes, and said again'],
    ['the', [1, 14], 'nothing else: the last'],
    ['the with the', [1, 14], 'whatever comes before'],
    ['cottage cottage COTTAGE', [1], 'the same word again'],
    ['georgia', [2, 1, 14], 'the name of a state, titles first'],
    ['GEORGIA', [2, 1, 14], 'in any case'],
    ['cottage georgia', [1], 'with other words'],
    ['georgia cottage', [1], 'in front of them'],
    ['new york', [4, 3], 'a name of two words'],
    ['NEW  YORK mill', [3], 'and more'],
    ['new-york', [4, 3], 'or with a hyphen'],
    ['virginia', [6], 'which is not West Virginia'],
    ['west virginia', [5], 'nor this Virginia'],
    ['washington dc', [7], 'the capital'],
    ['district of columbia', [7], "the capital's district"],
    ['puerto rico', [9], 'a territory'],
    ['georgi', [2], 'no name, but the beginning of a word'],
    ['indiana', [8], 'a state whose code says nothing'],
    ['in', [1, 8, 13], 'that code'],
    ['m', [2, 3, 14, 15], 'one letter: titles and cities that begin so'],
    ['東京', [10, 13], 'characters within a title'],
    ['静かな家', [10], 'more of them'],
    ['家', [10, 17], 'one of them'],
    ['京東', [], 'in their order'],
    ['京都', [10], 'a city'],
    ['日本', [16], 'a state'],
    ['家 京都', [10], 'two words'],
    ['東京inn', [13], 'together with letters'],
    ['東京in', [13], 'that begin a word'],
    ['𠮷', [17], 'beyond the first plane'],
    ['집', [11], 'Korean'],
    ['보이는', [11], 'within Korean'],
    ['สวน', [12], 'Thai'],
    ['บ้าน', [12], 'with its marks'],
    ['\ue0004741', [], 'not what only the index has'],
    ['\ue0014741 hut', [], 'nor so'],
  ]) {
    test(`"${words}": ${name}`, async () => assert.deepEqual(await found(words), expected));
  }

  test('every state and territory is found by its name', async (t) => {
    t.after(() => sql(server.database, 'DELETE FROM lettings_letting WHERE id = 99; DELETE FROM lettings_address WHERE id = 99;'));
    sql(server.database, insertLetting(99, 'Sought', 'Here', 'ZZ'));
    for (const [name, code] of Object.entries({ alabama: 'AL', alaska: 'AK', arizona: 'AZ', arkansas: 'AR', california: 'CA', colorado: 'CO', connecticut: 'CT',
      delaware: 'DE', florida: 'FL', georgia: 'GA', hawaii: 'HI', idaho: 'ID', illinois: 'IL', indiana: 'IN', iowa: 'IA', kansas: 'KS', kentucky: 'KY',
      louisiana: 'LA', maine: 'ME', maryland: 'MD', massachusetts: 'MA', michigan: 'MI', minnesota: 'MN', mississippi: 'MS', missouri: 'MO', montana: 'MT',
      nebraska: 'NE', nevada: 'NV', 'new hampshire': 'NH', 'new jersey': 'NJ', 'new mexico': 'NM', 'new york': 'NY', 'north carolina': 'NC',
      'north dakota': 'ND', ohio: 'OH', oklahoma: 'OK', oregon: 'OR', pennsylvania: 'PA', 'rhode island': 'RI', 'south carolina': 'SC', 'south dakota': 'SD',
      tennessee: 'TN', texas: 'TX', utah: 'UT', vermont: 'VT', virginia: 'VA', washington: 'WA', 'west virginia': 'WV', wisconsin: 'WI', wyoming: 'WY',
      'washington, d.c.': 'DC', 'puerto rico': 'PR', guam: 'GU', 'american samoa': 'AS', 'northern mariana islands': 'MP', 'virgin islands': 'VI',
      'u.s. virgin islands': 'VI' })) {
      sql(server.database, `UPDATE lettings_address SET state = '${code}' WHERE id = 99;`);
      assert.deepEqual(titlesOf(await ask(`?q=sought+${encodeURIComponent(name)}`)), ['Sought'], name);
      assert.deepEqual(titlesOf(await ask(`?q=sought+${encodeURIComponent(name.toUpperCase())}`)), ['Sought'], name);
    }
  });

  for (const [query, expected, name] of [
    ['?q=cotage', 'cottage', 'one'],
    ['?q=cotage+woodz', 'cottage woods', 'each of two'],
    ['?q=cotage+in+the+woodz', 'cottage in the woods', 'with the words between them'],
    ['?q=cotage+cotage', 'cottage', 'said again'],
    ['?q=cotage+georgia', 'cottage georgia', 'beside a state'],
    ['?q=cottage+xyzzyq', 'cottage', 'without a word that nothing is like'],
    ['?q=xyzzyq+cotage', 'cottage', 'wherever it stands'],
    ['?q=xyzzyq+plughx', null, 'none where nothing is like any'],
    ['?q=cotage&state=GA', 'cottage', 'within a place'],
    ['?q=cotage&state=ME', null, 'but not where there is none'],
    ['?q=cottage+villa', null, 'none where all are right'],
  ]) {
    test(`${query} suggests ${expected}: ${name}`, async () => assert.equal(await suggested(query), expected));
  }

  test('words that no letting has any more hide none that one has', async (t) => {
    t.after(() => sql(server.database, 'DELETE FROM lettings_letting WHERE id >= 90; DELETE FROM lettings_address WHERE id >= 90;'));
    sql(server.database, ['Lanterne', 'Lanterna', 'Lanternx'].map((title, i) => insertLetting(90 + i, title, 'Gone', 'GA')).join('')
      + 'DELETE FROM lettings_letting WHERE id >= 90;' + insertLetting(95, 'Lantern House', 'Here', 'GA'));
    assert.equal(await suggested('?q=lanternz'), 'lantern');
    assert.equal(await suggested('?q=lanternz+hous'), 'lantern hous');
    assert.equal(await suggested('?q=lanternz+houze'), 'lantern house');
    assert.equal(await suggested('?q=lanternxe'), 'lantern', 'also where the dead are nearer');
  });

  test('accents are no slips', async (t) => {
    t.after(() => sql(server.database, 'DELETE FROM lettings_letting WHERE id >= 90; DELETE FROM lettings_address WHERE id >= 90;'));
    sql(server.database, insertLetting(90, 'Château Bleu', 'Besançon', 'GA') + insertLetting(91, 'Señorío', 'Tours', 'GA')
      + insertLetting(92, 'ÉCOLE Œuvre', 'Évian', 'GA') + insertLetting(93, 'Škodovka', 'Łódź', 'GA') + insertLetting(94, 'Źródło', 'İzmir', 'GA'));
    for (const [query, expected] of [
      ['chateu', 'château'], ['châteu', 'château'], ['chateua', 'château'], ['shateau', 'château'], ['senoio', 'señorío'],
      ['seniorio', 'señorío'], ['besacon', 'besançon'],
      ['ecoel', 'école'], ['Écoel', 'école'], ['evain', 'évian'], ['skodvka', 'škodovka'], ['œuver', 'œuvre'], ['zródo', 'źródło'], ['izmri', 'izmir'],
    ]) assert.equal(await suggested(`?q=${encodeURIComponent(query)}`), expected, query);
    for (const known of ['chateau', 'château', 'senorio']) assert.equal(await suggested(`?q=${encodeURIComponent(known)}`), null, known);
  });

  test('a letting that is written anew is found by its new characters alone', async (t) => {
    t.after(() => sql(server.database, 'DELETE FROM lettings_letting WHERE id = 99; DELETE FROM lettings_address WHERE id = 99;'));
    sql(server.database, insertLetting(99, '北海道', '札幌', 'JP'));
    const count = async (words) => titlesOf(await ask(`?q=${encodeURIComponent(words)}`)).length;
    assert.deepEqual([await count('海道'), await count('札幌')], [1, 1]);
    sql(server.database, `UPDATE lettings_letting SET title = '沖縄' WHERE id = 99; UPDATE lettings_address SET city = '那覇' WHERE id = 99;`);
    assert.deepEqual([await count('海道'), await count('札幌'), await count('沖縄'), await count('那覇')], [0, 0, 1, 1]);
    sql(server.database, 'DELETE FROM lettings_letting WHERE id = 99;');
    assert.deepEqual([await count('沖縄'), sql(server.database, POSTGRES ? 'SELECT count(*) FROM lettings_search;' : `SELECT count(*) FROM lettings_search_title;
      INSERT INTO lettings_search (lettings_search) VALUES ('integrity-check'); INSERT INTO lettings_search_title (lettings_search_title, rank) VALUES ('integrity-check', 1);`)],
    [0, String(ROWS.length)]);
    assert.equal(linksOf(await ask('?q=%E6%B2%96'), /letting_link/).length, 0);
  });
});
