// A server with the tables of tests/server/harbour.c, which the admin's tests edit.
import { join } from 'node:path';
import { BUILD, makeDatabase, startServer, temporaryFolder } from './harness.mjs';
import { addUser, FAST, signedIn } from './accounts.mjs';
import { followKeys, sql, tables } from './support.mjs';

export const PROGRAM = join(BUILD, 'tests/server/oc-lettings-harbour');

const TABLES = `
CREATE TABLE harbour_quay (id integer PRIMARY KEY AUTOINCREMENT, name varchar(40) NOT NULL, note text NOT NULL);
CREATE TABLE harbour_boat (id integer PRIMARY KEY AUTOINCREMENT, quay_id integer NOT NULL REFERENCES harbour_quay (id) DEFERRABLE INITIALLY DEFERRED,
  name varchar(40) NOT NULL, length integer unsigned NOT NULL, afloat bool NOT NULL, built date NULL, UNIQUE (quay_id, name));
CREATE TABLE harbour_trip (id integer PRIMARY KEY AUTOINCREMENT, boat_id integer NOT NULL REFERENCES harbour_boat (id) DEFERRABLE INITIALLY DEFERRED, sailed datetime NOT NULL,
  kind varchar(4) NOT NULL DEFAULT '', landed_id integer NULL REFERENCES harbour_quay (id) DEFERRABLE INITIALLY DEFERRED);
CREATE TABLE harbour_licence (id integer PRIMARY KEY AUTOINCREMENT, boat_id integer NOT NULL UNIQUE REFERENCES harbour_boat (id) DEFERRABLE INITIALLY DEFERRED, number varchar(10) NOT NULL UNIQUE);
INSERT INTO django_content_type (app_label, model) VALUES ('harbour', 'quay'), ('harbour', 'boat'), ('harbour', 'trip'), ('harbour', 'licence');
INSERT INTO auth_permission (content_type_id, codename, name)
  SELECT id, action || '_' || model, 'Can ' || action || ' ' || model FROM django_content_type,
    (SELECT 'add' AS action UNION SELECT 'change' UNION SELECT 'delete' UNION SELECT 'view') AS actions WHERE app_label = 'harbour';`;

/** With a database of its own, unless one is given. */
export async function startHarbour(options) {
  const database = options?.database ?? makeDatabase(temporaryFolder());
  if (!options?.database) sql(database, tables(TABLES));
  return startServer({ program: PROGRAM, env: FAST, ...options, database });
}

/** The same with these rows, and a visitor in it who may do everything: { server, boss }. */
export async function enterHarbour(rows = '') {
  const server = await startHarbour();
  addUser(server.database, 'boss', { staff: 1, superuser: 1 });
  sql(server.database, rows);
  followKeys(server.database);
  return { server, boss: await signedIn(server, 'boss') };
}
