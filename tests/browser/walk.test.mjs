// Only on SQLite: a browser shows the same page wherever its rows were; tests/http and the modules ask for these pages on both.
// A visitor's walk through the site in a real browser, on a narrow and on a wide screen, by mouse and by keyboard.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { launchBrowser, skipWithoutBrowser, skipWithoutModule, startServer } from '../http/harness.mjs';
import { describeUnless } from '../http/support.mjs';

const WIDTHS = [390, 1280];
const LIMIT_MS = 10_000;

describeUnless(skipWithoutModule('home', 'lettings', 'profiles') || skipWithoutBrowser(), 'in a browser', () => {
  let server;
  let browser;
  before(async () => {
    server = await startServer();
    browser = await launchBrowser();
  });
  after(async () => {
    await browser?.close();
    await server?.stop();
  });

  /** A page of a new profile that writes down all that goes wrong on it. */
  async function open(t, options) {
    const context = await browser.newContext(options);
    t.after(() => context.close());
    context.setDefaultTimeout(LIMIT_MS);
    const page = await context.newPage();
    const faults = [];
    page.on('console', (message) => ['error', 'warning'].includes(message.type())
      && faults.push(`console: ${message.text()}`));
    // A page that comes too late is shown without its transition, and Chromium says so.
    page.on('pageerror', ({ message }) => /^Transition was aborted because of invalid state/.test(message) || faults.push(`error: ${message}`));
    // What is still under way when one leaves a page is aborted.
    page.on('requestfailed', (request) => request.failure()?.errorText === 'net::ERR_ABORTED'
      || faults.push(`request failed: ${request.url()} ${request.failure()?.errorText}`));
    page.on('response', (response) => response.status() >= 400
      && faults.push(`${response.status()}: ${response.url()}`));
    page.on('request', (request) => request.url().startsWith(server.url)
      || faults.push(`foreign request: ${request.url()}`));
    await page.addInitScript(() => {
      document.addEventListener('securitypolicyviolation',
        (event) => console.error(`policy: ${event.violatedDirective} ${event.blockedURI}`));
    });
    return { page, faults };
  }

  async function isOn(page, path, title, heading = title) {
    await page.waitForURL(server.url + path);
    assert.equal(await page.title(), title);
    assert.equal(await page.locator('h1').innerText(), heading);
    assert.equal(await page.locator('h1').count(), 1);
    const { scrollWidth, clientWidth } = await page.evaluate(() => {
      const { scrollWidth, clientWidth } = document.documentElement;
      return { scrollWidth, clientWidth };
    });
    assert.ok(scrollWidth <= clientWidth,
      `${path} is ${scrollWidth} wide on a screen of ${clientWidth}`);
    const { sheets, font } = await page.evaluate(() => ({ sheets: document.styleSheets.length,
      font: getComputedStyle(document.body).fontFamily }));
    assert.equal(sheets, 1);
    assert.doesNotMatch(font, /^"?Times/, 'the stylesheet is in force');
  }

  for (const width of WIDTHS) {
    for (const colorScheme of ['light', 'dark']) {
      test(`one walks home, lettings, letting, back, profiles, profile at ${width} px in ${colorScheme} colours`, async (t) => {
        const { page, faults } = await open(t, { viewport: { width, height: 800 }, colorScheme });
        await page.goto(`${server.url}/`);
        await isOn(page, '/', 'Holiday Homes', 'Welcome to Holiday Homes');
        await page.click('#lettings');
        await isOn(page, '/lettings/', 'Lettings');
        assert.equal(await page.locator('a.letting_link').count(), 6);
        await page.click('a.letting_link:nth-match(a.letting_link, 3)');
        await isOn(page, '/lettings/3/', "'Silo Studio' Cottage");
        assert.match(await page.locator('address').innerText(),
          /340 Wintergreen Avenue\s+Newport News, VA 23601\s+USA/);
        await page.getByRole('link', { name: 'Back to all lettings' }).click();
        await isOn(page, '/lettings/', 'Lettings');
        await page.goBack();
        await isOn(page, '/lettings/3/', "'Silo Studio' Cottage");
        await page.click('#index_profiles');
        await isOn(page, '/profiles/', 'Profiles');
        assert.equal(await page.locator('[aria-current="page"]').innerText(), 'Profiles');
        await page.getByRole('link', { name: '4meRomance' }).click();
        await isOn(page, '/profiles/4meRomance/', '4meRomance');
        assert.match(await page.locator('dl').innerText(),
          /John[^]*Rodriguez[^]*4meromance@example\.com[^]*Berlin/);
        await page.click('#home');
        await isOn(page, '/', 'Holiday Homes', 'Welcome to Holiday Homes');
        assert.deepEqual(faults, []);
      });
    }

    test(`a page that is not there leads home at ${width} px`, async (t) => {
      const { page, faults } = await open(t, { viewport: { width, height: 800 } });
      await page.goto(`${server.url}/lettings/99/`);
      await isOn(page, '/lettings/99/', 'Page not found');
      await page.getByRole('link', { name: 'Go to the front page' }).click();
      await isOn(page, '/', 'Holiday Homes', 'Welcome to Holiday Homes');
      assert.deepEqual(faults.filter((fault) => !fault.includes('404')), []);
    });
  }

  test('dark and light are different colours', async (t) => {
    const colours = [];
    for (const colorScheme of ['light', 'dark']) {
      const { page } = await open(t, { colorScheme });
      await page.goto(`${server.url}/`);
      colours.push(await page.evaluate(() => getComputedStyle(document.body).backgroundColor));
    }
    assert.notEqual(colours[0], colours[1]);
  });

  test('the policy is in force: what a page would run or load from elsewhere is stopped',
    async (t) => {
    const { page, faults } = await open(t, {});
    await page.goto(`${server.url}/`);
    await page.evaluate(() => {
      const script = document.createElement('script');
      script.textContent = 'window.ran = true';
      document.body.append(script);
      document.body.insertAdjacentHTML('beforeend',
        '<p id="inline" style="color: rgb(1, 2, 3)">x</p>');
    });
    assert.equal(await page.evaluate(() => window.ran), undefined);
    assert.notEqual(await page.evaluate(() => getComputedStyle(document.querySelector('#inline')).color), 'rgb(1, 2, 3)');
    assert.ok(faults.some((fault) => fault.includes('policy: ')), faults.join('\n'));
  });

  test('the keyboard goes first to the skip link, then through the navigation', async (t) => {
    const { page, faults } = await open(t, { viewport: { width: 1280, height: 800 } });
    await page.goto(`${server.url}/lettings/`);
    const focused = () => page.evaluate(() => {
      const { textContent, id } = document.activeElement;
      const { width, height, top } = document.activeElement.getBoundingClientRect();
      return { text: textContent.trim(), id, isShown: width > 1 && height > 1 && top >= 0 };
    });
    const FIRST = 'Joshua Tree Green Haus /w Hot Tub';
    const seen = [];
    while (seen.at(-1) !== FIRST && seen.length < 40) {
      await page.keyboard.press('Tab');
      const { text, isShown } = await focused();
      assert.ok(isShown, `${text} is seen when it has the focus`);
      seen.push(text);
    }
    assert.deepEqual(seen.slice(0, 8), ['Skip to content', 'Holiday Homes', 'Home', 'Lettings', 'Profiles',
      'Sign in', '', 'Search']);
    assert.deepEqual(seen.slice(-2), ['Willoughby, OH 1', FIRST]);

    await page.keyboard.press('Enter');
    await isOn(page, '/lettings/1/', 'Joshua Tree Green Haus /w Hot Tub');
    await page.keyboard.press('Tab');
    await page.keyboard.press('Enter');
    await page.waitForURL(/#content$/);
    await page.keyboard.press('Tab');
    assert.equal((await focused()).text, 'Back to all lettings',
      'behind the skip link comes the content');
    assert.deepEqual(faults, []);
  });

  test('a long name wraps on a narrow screen', async (t) => {
    const { page } = await open(t, { viewport: { width: 390, height: 800 } });
    await page.goto(`${server.url}/lettings/5/`);
    await isOn(page, '/lettings/5/', 'The Mushroom Dome Retreat & LAND of Paradise Suite');
    await page.setViewportSize({ width: 320, height: 640 });
    await isOn(page, '/lettings/5/', 'The Mushroom Dome Retreat & LAND of Paradise Suite');
  });
});
