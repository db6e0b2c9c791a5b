// The checkout without profiles and lettings: it builds, passes all its tests and serves.
import { test } from 'node:test';
import { skipWithoutModule } from '../http/harness.mjs';
import { serveWithout, Tree } from './tree.mjs';

const GONE = ['profiles', 'lettings'];

test(`the site without ${GONE.join(' and ')}`, { skip: skipWithoutModule(...GONE) },
  (t) => serveWithout(t, new Tree({ whole: true }), GONE));
