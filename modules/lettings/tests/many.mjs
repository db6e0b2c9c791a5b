import { quoted, unescaped } from '../../../tests/http/support.mjs';

/** SQL that makes `count` lettings, numbered from 1. */
export const manyLettings = (count) => `
  DELETE FROM lettings_letting; DELETE FROM lettings_address;
  WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ${count})
  INSERT INTO lettings_address (id, number, street, city, state, zip_code, country_iso_code)
  SELECT i, i, 'Street', 'City', 'GA', 30000 + i, 'USA' FROM n;
  INSERT INTO lettings_letting (id, title, address_id) SELECT id, 'Letting ' || id, id FROM lettings_address;`;

/** SQL that makes one letting with an address of the same number. */
export const insertLetting = (id, title, city, state, { street = 'Street', country = 'USA' } = {}) => `
  INSERT INTO lettings_address VALUES (${id}, 1, ${quoted(street)}, ${quoted(city)}, ${quoted(state)}, 1, ${quoted(country)});
  INSERT INTO lettings_letting VALUES (${id}, ${quoted(title)}, ${id});`;

/** The titles of the list that a page shows. */
export const titlesOf = (html) => [...html.matchAll(/class="letting_link"[^>]*>([^<]*)</g)].map(([, title]) => unescaped(title));
