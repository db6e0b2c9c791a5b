// Every kind of public page, and how one is opened in the browser.
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { after, before } from 'node:test';
import { launchBrowser, skipWithoutBrowser, skipWithoutModule, startServer, TEST_PROGRAM } from '../http/harness.mjs';
import { describeUnless } from '../http/support.mjs';

export const LANGUAGES = ['en', 'fr'];
export const SCHEMES = ['light', 'dark'];
export const WIDTHS = [390, 768, 1440];
const HEIGHT = 900;
const LIMIT_MS = 15_000;

/** Those that the demo data gives; unlisted: search engines are asked to follow their links alone; hidden: and that without a description. */
export const PAGES = [
  { name: 'home', path: '/' },
  { name: 'lettings', path: '/lettings/' },
  { name: 'letting', path: '/lettings/1/' },
  { name: 'search', path: '/lettings/?q=retreat', unlisted: true },
  { name: 'search-suggestion', path: '/lettings/?q=brunswik', unlisted: true },
  { name: 'search-nothing', path: '/lettings/?q=zzzz', unlisted: true },
  { name: 'filter-state', path: '/lettings/?state=GA', unlisted: true },
  { name: 'filter-city', path: '/lettings/?state=GA&city=Brunswick', unlisted: true },
  { name: 'profiles', path: '/profiles/' },
  { name: 'profile', path: '/profiles/4meRomance/' },
  { name: 'sign-in', path: '/accounts/login/', hidden: true },
  { name: 'password-reset', path: '/accounts/password_reset/', hidden: true },
  { name: 'password-reset-done', path: '/accounts/password_reset/done/', hidden: true },
  { name: 'password-reset-used', path: '/accounts/reset/MQ/abc-def/', hidden: true },
  { name: 'error-404', path: '/nowhere/', status: 404 },
  { name: 'error-400', path: '/%ff/', status: 400 },
];

/** Those that only a module of the test program gives. */
export const PROVOKED = [
  { name: 'error-403', path: '/probe/denied/', status: 403 },
  { name: 'error-500', path: '/probe/fail/', status: 500 },
];

export const skipWithoutSite = () => skipWithoutModule('home', 'lettings', 'profiles');

const describeInBrowser = (name, body) => describeUnless(skipWithoutSite() || skipWithoutBrowser(), name, body);

/** The site with all of PAGES, and PROVOKED where the build has the test program. */
export const startSite = (options) => startServer({ program: existsSync(TEST_PROGRAM) ? TEST_PROGRAM : undefined, ...options });

/** A tab in a profile of its own. */
export async function openTab(browser, { language = 'en', width = WIDTHS[0], height = HEIGHT, ...options } = {}) {
  const context = await browser.newContext({ locale: language, viewport: { width, height }, ...options });
  context.setDefaultTimeout(LIMIT_MS);
  return context.newPage();
}

export async function visit(tab, server, { path, status = 200 }) {
  const answer = await tab.goto(server.url + path);
  assert.equal(answer.status(), status, path);
}

export const resize = (tab, width, height = HEIGHT) => tab.setViewportSize({ width, height });

/** What of the page hangs over the right or the left edge of the screen, as a selector of each. */
export const overhanging = (tab) => tab.evaluate(() => {
  const edge = document.documentElement.clientWidth;
  if (document.documentElement.scrollWidth <= edge) return [];
  return [`${document.documentElement.scrollWidth} px on a screen of ${edge}`,
    ...[...document.body.querySelectorAll('*')].filter((element) => element.getBoundingClientRect().right > edge + 0.5)
      .map((element) => `${element.tagName.toLowerCase()}.${element.className}`)];
});

/** A group of tests of one site in one browser; the body is given functions for both. */
export function describeSite(name, body, options) {
  describeInBrowser(name, () => {
    let server;
    let browser;
    before(async () => {
      server = await startSite(options?.());
      browser = await launchBrowser();
    });
    after(async () => {
      await browser?.close();
      await server?.stop();
    });
    body(() => server, () => browser);
  });
}
