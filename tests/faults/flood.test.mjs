// Only on SQLite: events lie in files on their way, and no engine sees them.
// A tenth of what tests/soak does for a minute.
import { testContainingUnderLoad, testEndingUnderLoad } from './flood.mjs';

testContainingUnderLoad(6);
testEndingUnderLoad(6);
