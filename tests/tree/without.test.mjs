// The checkout without profiles and lettings: it builds, passes its tests and serves. Without profiles alone: soak/without.
import { test } from 'node:test';
import { skipWithoutModule } from '../http/harness.mjs';
import { serveWithout, Tree } from './tree.mjs';

const skip = skipWithoutModule('profiles', 'lettings');

test('the site without profiles and lettings', { skip },
  (t) => serveWithout(t, new Tree({ whole: true }), ['profiles', 'lettings'], { words: /\b(?<!oc-)(lettings?|address|profiles?)\b/ }));
