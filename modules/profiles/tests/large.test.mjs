// Only on SQLite: the processor time of a worker says nothing of what a database server does.
// A page of a long list of profiles costs what a full page of a short one does.
import { MANY, testCosts } from '../../../tests/http/costs.mjs';
import { emptyDatabase, sql } from '../../../tests/http/support.mjs';

const manyProfiles = (count) => `WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ${count})
  INSERT INTO auth_user (id, password, is_superuser, username, last_name, email, is_staff, is_active, date_joined, first_name)
  SELECT i, '!', 0, 'user' || i, 'Last', '', 0, 1, '2020-06-14 09:41:15', 'First' FROM n;
  INSERT INTO profiles_profile (id, favorite_city, user_id) SELECT id, 'Berlin', id FROM auth_user;`;

function make(count) {
  const database = emptyDatabase();
  sql(database, manyProfiles(count));
  return database;
}

testCosts('profiles', make, [
  ['/profiles/', '/profiles/'], ['/profiles/', `/profiles/?after=${MANY / 2}`], ['/profiles/?last=1', '/profiles/?last=1'],
  ['/profiles/user25/', `/profiles/user${MANY - 1}/`],
]);
