// The checkout without profiles and lettings passes all tests of the rest (tree/without runs those that can meet that), and so
// it does without profiles alone.
import { test } from 'node:test';
import { skipWithoutModule } from '../http/harness.mjs';
import { serveWithout, Tree } from '../tree/tree.mjs';

const skip = skipWithoutModule('profiles', 'lettings');

test('the site without profiles and lettings', { skip }, (t) => serveWithout(t, new Tree({ all: true }), ['profiles', 'lettings']));

test('the site without profiles', { skip }, (t) => serveWithout(t, new Tree({ whole: true }), ['profiles'], { words: /\bprofiles?\b/ }));
