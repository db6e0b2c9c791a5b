// What ships goes with its licence, and with one that somebody has looked at.
import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { ROOT, temporaryFolder } from '../http/harness.mjs';

/** Looks at an archive, as an engine saves it, of an image with these files: { status, stderr, sbom }. */
function inspect(files) {
  const dir = temporaryFolder();
  for (const [name, text] of Object.entries(files)) {
    const path = join(dir, 'root', name);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, text);
  }
  writeFileSync(join(dir, 'manifest.json'), '[{"Layers": ["layer.tar"]}]');
  execFileSync('sh', ['-c', 'tar -C root -cf layer.tar . && tar -cf image.tar manifest.json layer.tar'], { cwd: dir });
  const { status, stderr } = spawnSync('python3', [join(ROOT, 'deploy/inspect_image.py'), 'image.tar', 'sbom.json', 'f'.repeat(40)],
    { cwd: dir, encoding: 'utf8' });
  return { status, stderr, sbom: status === 0 && JSON.parse(readFileSync(join(dir, 'sbom.json'), 'utf8')) };
}
const packed = (name) => ({
  [`var/lib/dpkg/status.d/${name}`]: `Package: ${name}\nVersion: 1.2-3\nArchitecture: amd64\nDescription: things\n and more\n`,
  [`usr/share/doc/${name}/copyright`]: 'License: of any kind\n',
});

test('the bill of materials has each package with its licence', () => {
  const { status, stderr, sbom } = inspect({ ...packed('zlib1g'), ...packed('libssl3') });
  assert.equal(status, 0, stderr);
  assert.deepEqual(sbom.components.map(({ name, licenses }) => [name, licenses]),
    [['libssl3', [{ expression: 'Apache-2.0' }]], ['zlib1g', [{ expression: 'Zlib' }]]]);
});

test('refused: a package whose licence nobody has looked at', () => {
  const { status, stderr } = inspect({ ...packed('zlib1g'), ...packed('libnew2') });
  assert.equal(status, 1);
  assert.match(stderr, /^deploy\/licences does not know libnew2: read \/usr\/share\/doc\/libnew2\/copyright, /);
});

test('refused: a package without its licence', () => {
  const { [`usr/share/doc/zlib1g/copyright`]: _, ...rest } = packed('zlib1g');
  const { status, stderr } = inspect(rest);
  assert.equal(status, 1);
  assert.match(stderr, /^its licence does not go along with zlib1g: /);
});
