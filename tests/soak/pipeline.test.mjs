// The workflow of .circleci/config.yml as it stands, by script/pipeline: every job, every gate uncut, to a released site.
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { freePort, get } from '../http/harness.mjs';
import { makeClone, makeWorld, unable } from '../pipeline/world.mjs';

const HOURS = 3600_000;

test('a clone is compiled, linted, tested, packed, pushed and released', { skip: unable() }, async (t) => {
  const world = makeWorld('whole', { onDisk: true });
  t.after(() => world.end());
  const { clone } = await makeClone(world, { whole: true });
  const port = await freePort();
  const env = { ...world.env, SITE_PORT: `127.0.0.1:${port}` };
  const { status, out } = await world.run(['script/pipeline', '--branch', 'main'], { cwd: clone, env, limit: 4 * HOURS });
  assert.equal(status, 0, out.slice(-20_000));
  for (const step of ['Compile', 'Lint', 'Test', 'Coverage', 'Build the image', 'Push the image', 'Deploy']) {
    assert.match(out, new RegExp(`^times: .*${step} [\\d.]+ s`, 'm'));
  }
  console.log(/^times: .*$/m.exec(out)[0]);
  assert.match(out, new RegExp(`^the site: http://127\\.0\\.0\\.1:${port}$`, 'm'));
  assert.equal((await get(`http://127.0.0.1:${port}/`)).status, 200);
  const stopped = await world.run(['script/deploy', 'local', 'stop'], { cwd: clone, env: { ...env, PIPELINE_HOME: join(clone, '.git/pipeline') } });
  assert.equal(stopped.status, 0, stopped.out);
});
