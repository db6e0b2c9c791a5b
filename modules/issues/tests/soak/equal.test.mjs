// The whole of what bounds.test.mjs does a part of.
import { testEqualEvents } from '../equal.mjs';

testEqualEvents(100_000);
