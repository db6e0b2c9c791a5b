// A minute of faults at full speed, on the plain build and on one as it is released (script/soak builds both).
import { testContainingUnderLoad, testEndingUnderLoad } from '../faults/flood.mjs';

testContainingUnderLoad(60);
testEndingUnderLoad(60);
