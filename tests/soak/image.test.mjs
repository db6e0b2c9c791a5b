// The image as it is released: two builds give the same layers, and it holds what it should and no more.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { makeClone, makeWorld, unable } from '../pipeline/world.mjs';

test('two builds, the same layers; small, nobody\'s in particular, without a shell, with its licences', { skip: unable() }, async (t) => {
  const world = makeWorld('image');
  t.after(() => world.end());
  const { clone } = await makeClone(world, { whole: true });
  const podman = (...words) => execFileSync('podman', words, { env: world.env }).toString();
  const env = { ...world.env, Docker_tag_image: 'acme/oc-lettings', IMAGE_BUILD_FLAGS: `${world.env.IMAGE_BUILD_FLAGS} --no-cache` };
  const builds = [];
  for (let i = 0; i < 2; i++) {
    const { status, out } = await world.run(['script/image'], { cwd: clone, env });
    assert.equal(status, 0, out);
    const [built] = JSON.parse(podman('image', 'inspect', /built (\S+) in/.exec(out)[1]));
    builds.push({ built, kilobytes: Number(/: (\d+) kB compressed/.exec(out)[1]) });
  }
  assert.deepEqual(builds[1].built.RootFS.Layers, builds[0].built.RootFS.Layers);
  const [{ built, kilobytes }] = builds;
  console.log(`${kilobytes} kB compressed`);
  assert.ok(kilobytes <= 20_000);
  assert.deepEqual([built.Config.User, built.Config.Entrypoint, built.Config.Cmd], ['10001:10001', ['/app/oc-lettings'], ['serve']]);
  const container = podman('create', built.Id).trim();
  const files = execFileSync('sh', ['-c', 'podman export "$1" | tar -t', 'sh', container], { env: world.env }).toString()
    .split('\n').map((path) => `/${path}`);
  assert.deepEqual(files.filter((path) => /\/(sh|bash|dash|apt|dpkg|perl|gcc)$/.test(path)), []);
  for (const path of ['/app/oc-lettings', '/etc/ssl/certs/ca-certificates.crt', '/usr/share/zoneinfo/Europe/Paris', '/usr/src/oc-lettings/src/main.c']) {
    assert.ok(files.includes(path), path);
  }
  assert.ok(files.some((path) => /^\/usr\/lib\/debug\/\.build-id\/..\/\w+\.debug$/.test(path)));
  const { bomFormat, components } = JSON.parse(readFileSync(join(clone, 'build/image/sbom.cdx.json'), 'utf8'));
  assert.equal(bomFormat, 'CycloneDX');
  const packages = files.flatMap((path) => /^\/var\/lib\/dpkg\/status\.d\/(.+)$/.exec(path)?.[1] ?? []).sort();
  assert.deepEqual(components.map(({ name }) => name), packages);
  for (const { name, purl } of components) {
    assert.match(purl, /^pkg:deb\/debian\/.+@.+/);
    assert.ok(files.includes(`/usr/share/doc/${name}/copyright`), name);
  }
});
