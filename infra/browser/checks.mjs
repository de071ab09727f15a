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

// check runs everything on one page, {name, url, status}, as subtests of t.
export async function check(t, browser, page) {
  for (const [mode, options] of Object.entries(modes)) {
    await t.test(mode, () => inMode(browser, page, mode, options));
  }
  await t.test('without scripts', () => withoutScripts(browser, page));
  await t.test('on paper', () => onPaper(browser, page));
  await t.test('by keyboard', () => byKeyboard(browser, page));
}

// axe comes in by the debugger, past the policy: the page keeps the policy it has.
async function inMode(browser, page, mode, options) {
  await open(browser, page, options, async (tab) => {
    await tab.screenshot({ path: `${shots}${page.name}-${mode}.png`, fullPage: true });
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
    await tab.screenshot({ path: `${shots}${page.name}-print.png`, fullPage: true });
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
  await open(browser, page, modes.light, async (tab) => {
    const stops = await tab.evaluate(prepareWalk);
    assert.ok(stops.length > 0, 'nothing to walk to');
    assert.deepEqual(stops, [...stops].sort((a, b) => a.top - b.top || a.left - b.left), 'not in reading order');
    for (const [i, stop] of stops.entries()) {
      await tab.keyboard.press('Tab');
      const at = await tab.evaluate(focused);
      assert.equal(at.index, i, `Tab ${i + 1} reaches ${at.what} instead of ${stop.what}`);
      assert.ok(at.visible, `${stop.what} does not show that it has the focus: outline ${at.outline}`);
      if (!stop.link) continue;
      await tab.keyboard.press('Enter');
      assert.equal(await tab.evaluate(() => window.followed), stop.what, 'Enter does not follow');
    }
    await tab.keyboard.press('Tab');
    assert.equal((await tab.evaluate(focused)).index, -1, 'the focus cannot leave the page');
  });
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
  return stops.map((e) => {
    const { top, left, height } = e.getClientRects()[0];
    // Boxes of one line differ by their padding: their middle is what is read along.
    return { what: e.getAttribute('href') ?? e.textContent.trim(), link: e.matches('a[href]'), top: Math.round((top + height / 2 + window.scrollY) / 8), left };
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

// open shows a page in a context of its own and gives it to look. It fails for a wrong
// status, for anything in the browser's console and for a request to anywhere else.
export async function open(browser, { url, status = 200 }, options, look) {
  const context = await browser.newContext(options);
  try {
    const tab = await context.newPage();
    const strays = [];
    context.on('request', (request) => request.url() === url || strays.push(`asks for ${request.url()}`));
    tab.on('pageerror', (error) => strays.push(`throws ${error.message}`));
    tab.on('console', (message) => isOwnStatus(message, url, status) || strays.push(`console ${message.type()}: ${message.text()}`));
    const response = await tab.goto(url);
    assert.equal(response.status(), status);
    const result = await look(tab);
    assert.deepEqual(strays, []);
    return result;
  } finally {
    await context.close();
  }
}

// Chromium notes in its console that the page itself came with 404.
function isOwnStatus(message, url, status) {
  return status >= 400 && message.location().url === url && message.text().includes(`status of ${status}`);
}
