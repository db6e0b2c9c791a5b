// The front page and a letting through Lighthouse; tests/soak has all pages.
import { testScores } from './lighthouse.mjs';
import { describeSite, PAGES } from './pages.mjs';

const FEW = ['home', 'letting'];

describeSite('Lighthouse', (server) => testScores(server, PAGES.filter(({ name }) => FEW.includes(name))));
