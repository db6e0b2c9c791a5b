// The site's letting page and list on Node.js: Fastify, two processes, the SQLite that Node.js brings.
import cluster from 'node:cluster';
import { DatabaseSync } from 'node:sqlite';
import Fastify from 'fastify';
import { letting as lettingPage, list as listPage } from './pages.mjs';

const PAGE_SIZE = 50;
const COLUMNS = `SELECT l.id, l.title, a.number, a.street, a.city, a.state, a.zip_code, a.country_iso_code
  FROM lettings_letting l JOIN lettings_address a ON a.id = l.address_id WHERE l.id `;

async function serve() {
  const db = new DatabaseSync(process.env.DATABASE, { readOnly: true });
  const byId = db.prepare(`${COLUMNS} = ?`);
  const previous = db.prepare('SELECT id, title FROM lettings_letting WHERE id < ? ORDER BY id DESC LIMIT 1');
  const next = db.prepare('SELECT id, title FROM lettings_letting WHERE id > ? ORDER BY id LIMIT 1');
  const people = db.prepare(`SELECT u.username, u.first_name, u.last_name, p.favorite_city
    FROM profiles_profile p JOIN auth_user u ON u.id = p.user_id WHERE p.favorite_city = ? ORDER BY p.id LIMIT 3`);
  const after = db.prepare(`${COLUMNS} > ? ORDER BY l.id LIMIT ${PAGE_SIZE + 1}`);
  const states = db.prepare('SELECT state AS name, count(*) AS count FROM lettings_address GROUP BY state ORDER BY state');
  const cities = db.prepare(`SELECT city AS name, state, count(*) AS count FROM lettings_address
    GROUP BY city, state ORDER BY count DESC, city LIMIT 20`);

  const app = Fastify({ logger: Boolean(process.env.ACCESS_LOG) });
  const send = (reply, html) => reply.type('text/html; charset=utf-8').send(html);
  const origin = (request) => `${request.protocol}://${request.host}`;

  app.get('/lettings/', (request, reply) => {
    const from = Number(request.query.after ?? 0);
    const rows = after.all(from);
    return send(reply, listPage({
      origin: origin(request), lettings: rows.slice(0, PAGE_SIZE), states: states.all(), cities: cities.all(),
      first: from ? rows[0]?.id : undefined, more: rows.length > PAGE_SIZE ? rows[PAGE_SIZE - 1].id : undefined,
    }));
  });
  app.get('/lettings/:id/', (request, reply) => {
    const id = Number(request.params.id);
    const letting = byId.get(id);
    if (!letting) return reply.callNotFound();
    return send(reply, lettingPage({
      origin: origin(request), letting, previous: previous.get(id), next: next.get(id), people: people.all(letting.city),
    }));
  });
  await app.listen({ host: '127.0.0.1', port: Number(process.env.PORT) });
}

if (cluster.isPrimary) {
  for (let i = 0; i < Number(process.env.WORKERS); i++) cluster.fork();
} else {
  await serve();
}
