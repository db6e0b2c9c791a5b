// node tests/screenshots.mjs [FOLDER]: a picture of every page at every width in both schemes, of the demo data.
// script/screenshots builds first what this runs.
import { mkdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { ADMIN_PAGES, enterAdmin, visitAdmin } from './browser/admin_pages.mjs';
import { launchBrowser, skipWithoutBrowser } from './http/harness.mjs';
import { openTab, PAGES, PROVOKED, resize, SCHEMES, skipWithoutSite, startSite, visit, WIDTHS } from './browser/pages.mjs';

const folder = resolve(process.argv[2] ?? 'screenshots');

/** Pictures below the screen too. */
const loadPictures = (tab) => tab.evaluate(() => Promise.all([...document.images].map((image) => {
  image.loading = 'eager';
  return image.decode();
})));

async function takeOne(tab, name) {
  await loadPictures(tab);
  for (const width of WIDTHS) {
    await resize(tab, width);
    for (const colorScheme of SCHEMES) {
      await tab.emulateMedia({ colorScheme });
      await tab.screenshot({ path: join(folder, `${name}-${width}-${colorScheme}.png`), fullPage: true });
    }
  }
  console.log(name);
}

async function takeAll(browser, server) {
  const tab = await openTab(browser, { reducedMotion: 'reduce' });
  for (const page of [...PAGES, ...PROVOKED]) {
    await visit(tab, server, page);
    await takeOne(tab, page.name);
  }
  await enterAdmin(tab, server);
  for (const page of ADMIN_PAGES) {
    await visitAdmin(tab, server, page);
    await takeOne(tab, page.name);
  }
}

const reason = skipWithoutSite() || skipWithoutBrowser();
if (reason) {
  console.error(`no screenshots: ${reason}`);
  process.exit(1);
}
mkdirSync(folder, { recursive: true });
const server = await startSite();
const browser = await launchBrowser();
try {
  await takeAll(browser, server);
} finally {
  await browser.close();
  await server.stop();
}
console.log(`pictures in ${folder}`);
