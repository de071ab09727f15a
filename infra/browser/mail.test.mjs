// A person deletes their data by mail alone: a mail over SMTP, the link of the answer in a
// browser, a detail, a button, and the confirmation. And letters as mail programs show them.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { after, before, test } from 'node:test';
import { check, checkLetter, concurrency, launch, modes, open, root } from './checks.mjs';
import { start, until } from './stack.mjs';

let browser, stack;

before(async () => {
  stack = await start();
  const seeded = await fetch(`${stack.url}/_local/seed`, { method: 'POST', body: await readFile(`${root}testdata/platform-example.json`) });
  assert.equal(seeded.status, 200);
  browser = await launch();
});

after(async () => {
  await browser?.close();
  await stack?.stop();
});

// send speaks SMTP as the simplest mail program does.
async function send(from, mail) {
  const socket = connect(stack.smtp, '127.0.0.1');
  let heard = '';
  socket.setEncoding('utf8').on('data', (text) => { heard += text; });
  const expect = async (code) => {
    while (!/^\d{3} .*\r\n/m.test(heard)) await once(socket, 'data');
    assert.match(heard, new RegExp(`^${code}`), heard);
    heard = '';
  };
  await expect(220);
  for (const [line, code] of [['EHLO guest.example', 250], [`MAIL FROM:<${from}>`, 250], ['RCPT TO:<privacy@mikla.ai>', 250], ['DATA', 354], [`${mail.replaceAll('\n', '\r\n')}\r\n.`, 250], ['QUIT', 221]]) {
    socket.write(`${line}\r\n`);
    await expect(code);
  }
  socket.destroy();
}

const json = async (path) => (await fetch(`${stack.url}${path}`, { headers: { Accept: 'application/json' } })).json();
const letters = async (to) => (await json('/_local/outbox')).filter((letter) => letter.to === to);
const letter = (to, number) => until(`letter ${number} to ${to} is sent`, async () => (await letters(to))[number - 1]);
const linkIn = (text) => text.match(/http:\/\/\S+\/link\/\S+/)[0];

const lucia = 'lucia.fuentes@correo.example';
const spanish = `From: Lucía Fuentes <${lucia}>
To: privacy@mikla.ai
Subject: Borrar mis datos
Message-ID: <borrar-1@correo.example>
MIME-Version: 1.0
Content-Type: text/plain; charset=utf-8
Content-Transfer-Encoding: 8bit

Hola, quiero que borren todos mis datos. Escribí a la Bodega El Capricho
por WhatsApp desde el +34 600 00 00 21.

Gracias, Lucía`;

test('a person asks in Spanish and is answered in Spanish', { concurrency }, async (t) => {
  await send(lucia, spanish);
  const asked = await letter(lucia, 1);
  await checkLetter(t, browser, { name: 'mail-challenge', url: `${stack.url}/_local/outbox/${encodeURIComponent(asked.message_id)}` });
  const link = linkIn(asked.text);
  await check(t, browser, { name: 'mail-form', url: link, brief: true });
  await open(browser, { url: link }, modes.phone, async (tab) => {
    await tab.getByLabel(/^Su nombre/).fill('Lucía F');
    await tab.getByLabel(/^Un mes/).fill('2026-05');
    await tab.getByRole('button', { name: 'Borrar mis datos' }).click();
    await tab.getByRole('heading', { level: 1, name: 'Gracias' }).waitFor();
    await tab.screenshot({ path: `${root}.build/screenshots/mail-thanks-phone.png`, fullPage: true });
  });
  const status = asked.text.match(/\/status\/[A-Z2-7]{24}/)[0];
  await until('the request is completed', async () => (await json(status)).outcome === 'completed');
  const leads = (await json('/_local/stores/leads')).map((lead) => lead.lead_id).sort();
  assert.deepEqual(leads, ['l_tom', 'l_tom2']);
  const told = await letter(lucia, 2);
  assert.match(told.subject, /^Re: Los datos se han eliminado/);
  await checkLetter(t, browser, { name: 'mail-confirmation', url: `${stack.url}/_local/outbox/${encodeURIComponent(told.message_id)}` });
  await t.test('its text', async () => {
    const tab = await browser.newPage(modes.light);
    await tab.setContent('<pre style="font: 14px/1.5 monospace; padding: 1rem"></pre>');
    await tab.locator('pre').evaluate((pre, text) => { pre.textContent = text; }, told.text);
    await tab.screenshot({ path: `${root}.build/screenshots/mail-confirmation-text.png`, fullPage: true });
    await tab.close();
  });
  await check(t, browser, { name: 'mail-status', url: `${stack.url}${status}?lang=es`, brief: true });
  await t.test('the link leads nowhere any more', async () => assert.equal((await fetch(link)).status, 404));
});

test('a letter and its page from right to left', { concurrency }, async (t) => {
  await send('noura@bareed.example', `From: Noura <noura@bareed.example>
To: privacy@mikla.ai
Subject: حذف بياناتي
Content-Type: text/plain; charset=utf-8

مرحبا، أرجو حذف جميع بياناتي. راسلت فندق Harbour View Hotel على انستغرام، حسابي @noura.k`);
  const asked = await letter('noura@bareed.example', 1);
  await checkLetter(t, browser, { name: 'mail-challenge-ar', url: `${stack.url}/_local/outbox/${encodeURIComponent(asked.message_id)}` });
  await check(t, browser, { name: 'mail-form-ar', url: linkIn(asked.text), brief: true });
});
