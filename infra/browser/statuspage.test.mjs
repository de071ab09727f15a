// Every state of the status page, and every page behind a link of a letter, as its golden
// page and with the headers of the code. Pages in another language than English end with
// its tag; they are the same pages with other words, and are looked at more briefly.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { after, before, describe, test } from 'node:test';
import { check, concurrency, launch, modes, root } from './checks.mjs';

// Started here, and not in a hook: the names of the tests come from it.
const server = spawn(`${root}.build/browser/statuspages`, { cwd: root, stdio: ['pipe', 'pipe', 'inherit'] });
const { url, pages } = await firstLine(server);
let browser;
before(async () => { browser = await launch(); });
after(async () => {
  await browser?.close();
  server.stdin.end();
});

async function firstLine(child) {
  for await (const line of createInterface({ input: child.stdout })) return JSON.parse(line);
  throw new Error('the server of the status pages did not start');
}

describe('page', () => {
  for (const [path, status] of Object.entries(pages).sort()) {
    const page = { name: path.slice(1).replace('/', '-'), url: `${url}${path}`, status, brief: /\.\w\w$/.test(path) };
    test(path, { concurrency }, (t) => check(t, browser, page));
  }
});

test('Enter follows the receipt, and its server does not learn of the page', async () => {
  const context = await browser.newContext(modes.light);
  const asked = [];
  await context.route(/^https:/, (route) => {
    asked.push({ url: route.request().url(), referer: route.request().headers().referer });
    return route.fulfill({ body: 'the receipt' });
  });
  const tab = await context.newPage();
  await tab.goto(`${url}/status/completed-with-receipt`);
  await tab.keyboard.press('Tab');
  await Promise.all([tab.waitForURL(/^https:/), tab.keyboard.press('Enter')]);
  assert.deepEqual(asked, [{ url: 'https://privacy-dev.mikla.example/receipts/r_1', referer: undefined }]);
  await context.close();
});

test('what is put into a page cannot run, load or send', async () => {
  const context = await browser.newContext(modes.light);
  const tab = await context.newPage();
  await tab.goto(`${url}/status/completed`);
  assert.deepEqual(await tab.evaluate(intrude), { ran: false, blocked: ['connect-src', 'img-src', 'script-src-elem', 'style-src-attr'] });
  await context.close();
});

// intrude runs in the page: it tries what an injected piece of HTML would, and tells
// what the policy stopped.
async function intrude() {
  const blocked = new Set();
  const all = new Promise((resolve) => {
    document.addEventListener('securitypolicyviolation', (event) => blocked.add(event.effectiveDirective).size === 4 && resolve());
  });
  document.body.insertAdjacentHTML('beforeend', '<img src="/pixel.png"><p style="color: red">x</p>');
  const script = document.createElement('script');
  script.textContent = 'window.ran = true';
  document.body.append(script);
  await fetch('/pixel').catch(() => {});
  await all;
  return { ran: window.ran ?? false, blocked: [...blocked].sort() };
}

test('nothing but the pages was asked for', async () => {
  const asked = await (await fetch(`${url}/asked`)).json();
  assert.deepEqual([...new Set(asked)].sort(), Object.keys(pages).map((path) => `GET ${path}`).sort());
});
