// Only on SQLite: the processor time of a worker says nothing of what a database server does.
// A page of a long list of lettings costs what a full page of a short one does.
import { MANY, superuserOf, testCosts } from '../../../tests/http/costs.mjs';
import { checkCommand, emptyDatabase, sql, dropTrigger } from '../../../tests/http/support.mjs';
import { POSTGRES, urlOf } from '../../../tests/http/harness.mjs';
import { manyLettings } from './many.mjs';

// Without the search's triggers, which `migrate` makes again with all that they would have done.
function make(count) {
  const database = emptyDatabase();
  sql(database, `${dropTrigger('lettings_letting_insert', 'lettings_letting')} ${dropTrigger('lettings_address_insert', 'lettings_address')} BEGIN; ${manyLettings(count)} COMMIT;`);
  checkCommand(['migrate'], { env: { DATABASE_URL: urlOf(database) } });
  if (POSTGRES) sql(database, 'ANALYZE;');
  return database;
}

testCosts('lettings', make, [
  ['/', '/'], ['/lettings/', '/lettings/'], ['/lettings/', `/lettings/?after=${MANY / 2}`],
  ['/lettings/', `/lettings/?before=${MANY / 2}`], ['/lettings/?last=1', '/lettings/?last=1'],
  ['/lettings/25/', `/lettings/${MANY - 1}/`],
  ['/lettings/?q=letting', '/lettings/?q=letting'], ['/lettings/?q=lett', '/lettings/?q=lett'],
  ['/lettings/?q=leting', '/lettings/?q=leting'], ['/lettings/?state=GA', '/lettings/?state=GA'],
  ['/lettings/?city=City&state=GA', '/lettings/?city=City&state=GA'],
  ['/lettings/?city=City', '/lettings/?city=City&last=1'],
  ['/lettings/?q=letting&state=GA', '/lettings/?q=letting&state=GA'],
]);

testCosts('lettings in the admin', make, [
  ['/admin/lettings/address/?q=elsewhere', '/admin/lettings/address/?q=elsewhere'], ['/admin/', '/admin/'],
  ['/admin/lettings/letting/25/change/', `/admin/lettings/letting/${MANY - 1}/change/`],
  ['/admin/lettings/address/25/delete/', `/admin/lettings/address/${MANY - 1}/delete/`],
], superuserOf);
