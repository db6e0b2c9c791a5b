// Every page through Lighthouse.
import { testScores } from '../browser/lighthouse.mjs';
import { describeSite, PAGES } from '../browser/pages.mjs';

describeSite('Lighthouse', (server) => testScores(server, PAGES.filter(({ hidden, status }) => !hidden && !status)));
