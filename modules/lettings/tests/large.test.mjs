// A page of a long list of lettings costs what a full page of a short one does.
import { MANY, testCosts } from '../../../tests/http/costs.mjs';
import { manyLettings } from './many.mjs';

testCosts('lettings', manyLettings, [
  ['/', '/'], ['/lettings/', '/lettings/'], ['/lettings/', `/lettings/?after=${MANY / 2}`],
  ['/lettings/', `/lettings/?before=${MANY / 2}`], ['/lettings/?last=1', '/lettings/?last=1'],
  ['/lettings/25/', `/lettings/${MANY - 1}/`],
]);
