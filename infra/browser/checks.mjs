// What holds for every page, in every mode: it fits, it reads, it says nothing to
// anybody else, and a keyboard is enough. Used by the tests beside it.
import assert from 'node:assert/strict';
import { mkdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import { chromium } from 'playwright-core';

export const root = fileURLToPath(new URL('../../', import.meta.url));
const shots = `${root}.build/screenshots/`;
const axe = createRequire(import.meta.url)('axe-core').source;

// The ways in which a page is looked at. 200 % zoom halves the window in CSS pixels
// and doubles the pixels of the device for each: that is how Chromium zooms.
const wide = { viewport: { width: 1280, height: 900 }, colorScheme: 'light' };
export const modes = {
  light: wide,
  dark: { ...wide, colorScheme: 'dark' },
  phone: { viewport: { width: 375, height: 812 }, deviceScaleFactor: 2, isMobile: true, hasTouch: true, colorScheme: 'light' },
  zoom: { viewport: { width: 640, height: 450 }, deviceScaleFactor: 2, colorScheme: 'light' },
};

// concurrency is how many modes of one page are looked at beside each other.
export const concurrency = 3;

// launch starts Chromium with an empty profile of its own, which goes with it.
export function launch() {
  assert.ok(process.env.CHROMIUM, 'CHROMIUM is not set: run these tests with make browser, which finds it');
  mkdirSync(shots, { recursive: true });
  return chromium.launch({
    executablePath: process.env.CHROMIUM, headless: true, chromiumSandbox: false,
    args: ['--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking',
      '--disable-component-update', '--disable-sync'],
  });
}

// keyboard has the wide window, and a fresh tab every time: in one that was walked
// through before, Chromium goes from the last link to the first and never to its own bar.
const keyboard = { ...wide, locale: 'en-GB' };

// check runs everything on one page, {name, url, status, brief}, as subtests of t, beside
// each other where t allows it. A brief look is at what other words can change.
export async function check(t, browser, page) {
  const looked = Object.entries(modes).filter(([mode]) => !page.brief || mode === 'light' || mode === 'phone');
  const tests = looked.map(([mode, options]) => t.test(mode, () => inMode(browser, page, mode, options)));
  tests.push(t.test('by keyboard', () => byKeyboard(browser, page)));
  if (!page.brief) tests.push(
    t.test('without scripts', () => withoutScripts(browser, page)),
    t.test('on paper', () => onPaper(browser, page)),
  );
  await Promise.all(tests);
}

// checkLetter looks at the HTML of a letter in every window: a mail program puts it into
// a page of its own, so that only what is inside it counts.
export async function checkLetter(t, browser, page) {
  await Promise.all(Object.entries(modes).map(([mode, options]) => t.test(`${page.name}, ${mode}`, () => open(browser, page, options, async (tab) => {
    await shoot(tab, `${page.name}-${mode}`);
    const width = await tab.evaluate(() => document.documentElement.scrollWidth);
    assert.ok(width <= options.viewport.width, `scrolls sideways: ${width} px wide in a window of ${options.viewport.width}`);
    assert.deepEqual(await tab.evaluate(cutOff), [], 'text is cut off or lies outside the window');
  }))));
}

// shoot takes a picture of the whole page. Chromium says now and then that it cannot, on
// a machine that is busy; the page has no part in that.
async function shoot(tab, name) {
  for (let left = 3; ; left--) {
    try {
      return await tab.screenshot({ path: `${shots}${name}.png`, fullPage: true });
    } catch (error) {
      if (left === 0 || !String(error).includes('Unable to capture screenshot')) throw error;
    }
  }
}

// axe comes in by the debugger, past the policy: the page keeps the policy it has.
async function inMode(browser, page, mode, options) {
  await open(browser, page, options, async (tab) => {
    await shoot(tab, `${page.name}-${mode}`);
    const width = await tab.evaluate(() => document.documentElement.scrollWidth);
    assert.ok(width <= options.viewport.width, `scrolls sideways: ${width} px wide in a window of ${options.viewport.width}`);
    assert.deepEqual(await tab.evaluate(cutOff), [], 'text is cut off or lies outside the window');
    await tab.evaluate(axe);
    const { violations } = await tab.evaluate(() => window.axe.run(document, { resultTypes: ['violations'] }));
    assert.deepEqual(violations.map(finding), []);
  });
}

const finding = (v) => `${v.impact}: ${v.id} (${v.help}) at ${v.nodes.map((n) => n.target.join(' ')).join(', ')}`;

// cutOff runs in the page: what sticks out of the window or of its own box. What is
// clipped on purpose, for screen readers alone, is left out.
function cutOff() {
  const clipped = [...document.querySelectorAll('*')].filter((e) => getComputedStyle(e).clipPath !== 'none');
  return [...document.body.querySelectorAll('*')].filter((e) => {
    const box = e.getBoundingClientRect();
    return box.width > 0 && !clipped.some((c) => c.contains(e)) &&
      (box.left < -0.5 || box.right > document.documentElement.clientWidth + 0.5 || (e.clientWidth > 0 && e.scrollWidth > e.clientWidth + 1));
  }).map((e) => `${e.tagName.toLowerCase()}.${e.className} "${e.textContent.trim().slice(0, 40)}"`);
}

// withoutScripts holds that there is nothing to switch off: no script, and nothing that
// is shown only without one. What is read is read with scripts disabled all the same.
async function withoutScripts(browser, page) {
  await open(browser, page, { ...modes.light, javaScriptEnabled: false }, async (tab) => {
    assert.ok(await tab.locator('h1').isVisible());
    assert.ok((await tab.locator('body').innerText()).length > 100);
    assert.equal(await tab.locator('script, noscript').count(), 0);
  });
}

// onPaper looks at the print style, in the dark scheme, where it has most to undo.
async function onPaper(browser, page) {
  await open(browser, page, { ...modes.dark, viewport: { width: 718, height: 1040 } }, async (tab) => {
    await tab.emulateMedia({ media: 'print' });
    await shoot(tab, `${page.name}-print`);
    const seen = await tab.evaluate(() => ({
      back: getComputedStyle(document.body).backgroundColor,
      dark: [...document.querySelectorAll('body, body *')].filter((e) => {
        const [r, g, b, a = 1] = getComputedStyle(e).color.match(/[\d.]+/g).map(Number);
        return a > 0 && Math.max(r, g, b) > 0x55;
      }).map((e) => e.tagName),
      width: document.documentElement.scrollWidth,
    }));
    assert.deepEqual(seen, { back: 'rgb(255, 255, 255)', dark: [], width: 718 }, 'paper is white, ink is dark');
  });
}

// byKeyboard tabs through the page: every link comes, in reading order, with an outline
// that it had not before; Enter follows it; and after the last one the page lets go.
async function byKeyboard(browser, page) {
  await open(browser, page, keyboard, async (tab) => {
    const stops = await tab.evaluate(prepareWalk);
    assert.ok(stops.length > 0, 'nothing to walk to');
    assert.deepEqual(stops, [...stops].sort((a, b) => a.top - b.top || a.along - b.along), 'not in reading order');
    for (const [i, stop] of stops.entries()) {
      await tab.keyboard.press('Tab');
      let at = await tab.evaluate(focused);
      // A field for a month has several stops of Chromium's own.
      for (let inner = 0; i > 0 && at.index === i - 1 && inner < 4; inner++) {
        await tab.keyboard.press('Tab');
        at = await tab.evaluate(focused);
      }
      assert.equal(at.index, i, `Tab ${i + 1} reaches ${at.what} instead of ${stop.what}`);
      assert.ok(at.visible, `${stop.what} does not show that it has the focus: outline ${at.outline}`);
      if (!stop.link) continue;
      await tab.keyboard.press('Enter');
      assert.equal(await tab.evaluate(() => window.followed), stop.what, 'Enter does not follow');
    }
    await tab.keyboard.press('Tab');
    assert.equal((await tab.evaluate(focused)).index, -1, 'the focus cannot leave the page');
  });
  await close(keyboard);
}

// prepareWalk runs in the page: where Tab should stop. Links note that they were
// followed instead of leading away.
function prepareWalk() {
  const stops = [...document.querySelectorAll('a[href], summary, button, input, [tabindex]')].filter((e) => e.getClientRects().length > 0);
  window.stops = stops;
  window.before = stops.map((e) => getComputedStyle(e).outline);
  document.addEventListener('click', (event) => {
    const link = event.target.closest('a[href]');
    if (link === null || event.defaultPrevented) return;
    window.followed = link.getAttribute('href');
    event.preventDefault();
  });
  const along = document.dir === 'rtl' ? (box) => -box.right : (box) => box.left;
  return stops.map((e) => {
    const { top, height } = e.getClientRects()[0];
    // Boxes of one line differ by their padding: their middle is what is read along.
    return { what: e.getAttribute('href') ?? (e.name || e.textContent.trim()), link: e.matches('a[href]'), top: Math.round((top + height / 2 + window.scrollY) / 8), along: along(e.getClientRects()[0]) };
  });
}

function focused() {
  const element = document.activeElement;
  const index = window.stops.indexOf(element);
  const style = getComputedStyle(element);
  const box = element.getBoundingClientRect();
  return {
    index, what: element.getAttribute('href') ?? element.tagName, outline: style.outline,
    visible: style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) >= 2 && style.outline !== window.before[index] &&
      box.top >= -1 && box.bottom <= window.innerHeight + 1,
  };
}

// patience with the browser, in milliseconds: a machine that is busy draws slowly.
const patience = 120_000;

// tabs are kept, one for each set of options: a new one costs more than the checks in it.
const tabs = new Map();

async function tabFor(browser, options) {
  const key = JSON.stringify(options);
  if (!tabs.has(key)) tabs.set(key, browser.newContext(options).then((context) => {
    context.setDefaultTimeout(patience);
    return context.newPage();
  }));
  return tabs.get(key);
}

async function close(options) {
  const key = JSON.stringify(options);
  const tab = await tabs.get(key);
  tabs.delete(key);
  await tab.context().close();
}

// open shows a page and gives its tab to look. It fails for a wrong status, for anything
// in the browser's console and for a request to anywhere else. What looks at the same time
// must have options of its own.
export async function open(browser, { url, status = 200 }, options, look) {
  const tab = await tabFor(browser, options);
  const strays = [];
  const listeners = {
    request: (request) => request.url() === url || strays.push(`asks for ${request.url()}`),
    pageerror: (error) => strays.push(`throws ${error.message}`),
    console: (message) => isOwnStatus(message, url, status) || strays.push(`console ${message.type()}: ${message.text()}`),
  };
  for (const [event, note] of Object.entries(listeners)) tab.on(event, note);
  try {
    const response = await tab.goto(url);
    assert.equal(response.status(), status);
    const result = await look(tab);
    assert.deepEqual(strays, []);
    return result;
  } finally {
    for (const [event, note] of Object.entries(listeners)) tab.off(event, note);
  }
}

// Chromium notes in its console that the page itself came with 404.
function isOwnStatus(message, url, status) {
  return status >= 400 && message.location().url === url && message.text().includes(`status of ${status}`);
}
