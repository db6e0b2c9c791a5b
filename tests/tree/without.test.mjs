// The checkout without profiles and lettings, and without profiles alone: it builds, passes all its tests and serves.
import { test } from 'node:test';
import { skipWithoutModule } from '../http/harness.mjs';
import { serveWithout, Tree } from './tree.mjs';

// Tests that ask for no page of a module: once is enough.
const CORE = ['security', ...['executor', 'fresh', 'log', 'protocol', 'slow', 'static'].map((name) => `http/${name}.test.mjs`)];

const skip = skipWithoutModule('profiles', 'lettings');
const tree = skip || new Tree({ whole: true });

test('the site without profiles and lettings', { skip }, (t) => serveWithout(t, tree, ['profiles', 'lettings']));

test('the site without profiles', { skip }, (t) => {
  for (const name of CORE) tree.forget(`tests/${name}`);
  return serveWithout(t, tree, ['profiles']);
});
