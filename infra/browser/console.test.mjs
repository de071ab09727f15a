// The local stack's own page, on a stack of its own: empty, with the sample world, and
// after a deletion, which is made with the commands that the page offers.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { after, before, test } from 'node:test';
import { check, concurrency, launch, modes, open, root } from './checks.mjs';
import { start, until } from './stack.mjs';

let browser, stack, url;

before(async () => {
  stack = await start();
  url = `${stack.url}/_local/`;
  browser = await launch();
});

after(async () => {
  await browser?.close();
  await stack?.stop();
});

const read = (look) => open(browser, { url }, modes.light, look);
const text = () => read((tab) => tab.locator('main').innerText());
// A command as a person copies it: a click selects it.
const commands = () => read(async (tab) => {
  const found = [];
  for (const command of await tab.locator('ol.try pre.command').all()) {
    await command.click();
    found.push(await tab.evaluate(() => getSelection().toString()));
  }
  return found;
});

function run(command) {
  const { status, stdout, stderr } = spawnSync('bash', ['-euo', 'pipefail', '-c', command], { cwd: root, encoding: 'utf8' });
  assert.equal(status, 0, `${command}\n${stderr}`);
  return stdout;
}

test('empty', { concurrency }, async (t) => {
  assert.match(await text(), /None yet\. The second command above makes one\./);
  await check(t, browser, { name: 'console-empty', url });
});

test('its three commands make a deletion', { concurrency }, async (t) => {
  const [load, ask, look] = await commands();
  run(load);
  await check(t, browser, { name: 'console-seeded', url });
  const ofTom = () => run(look).includes('rooms for 8 in June');
  assert.ok(ofTom(), 'what Tom wrote is not there before');
  const answer = JSON.parse(run(ask));
  await until('the page says completed', async () => /\bcompleted\b/.test(await text()));
  assert.ok(!ofTom(), 'what Tom wrote is still there');
  await check(t, browser, { name: 'console-finished', url });
  await t.test('its link leads to the page that the person was given', () => read(async (tab) => {
    assert.equal(await tab.getByRole('link', { name: 'status page' }).evaluate((a) => a.href), answer.url);
  }));
});

// The shipped function through the gateway, unlike the golden pages: same headers, same page.
test('the status page of the finished request', { concurrency }, async (t) => {
  const link = await read((tab) => tab.getByRole('link', { name: 'status page' }).evaluate((a) => a.href));
  const { headers } = await fetch(link);
  assert.match(headers.get('content-security-policy'), /^default-src 'none'; style-src 'sha256-/);
  await check(t, browser, { name: 'console-status-page', url: link });
});
