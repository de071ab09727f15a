// A local stack of a test's own, on free ports, that ends with the test.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import { root } from './checks.mjs';

async function freePort() {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address();
  server.close();
  await once(server, 'close');
  return port;
}

export async function until(what, holds) {
  for (const end = Date.now() + 120_000; Date.now() < end; await pause(100)) {
    const held = await holds();
    if (held) return held;
  }
  assert.fail(`after two minutes it is not so that ${what}`);
}

// start gives the stack's address, the port of its SMTP server, and what ends it.
export async function start() {
  const [port, aws, smtp] = [await freePort(), await freePort(), await freePort()];
  const stack = spawn(`${root}.build/local/stack`, { cwd: root, env: { ...process.env, PORT: port, AWS_PORT: aws, SMTP_PORT: smtp }, stdio: ['ignore', 'ignore', 'inherit'] });
  const url = `http://127.0.0.1:${port}`;
  const stop = async () => {
    if (stack.exitCode !== null) return;
    stack.kill('SIGTERM');
    await once(stack, 'exit');
  };
  await until('the stack is up', async () => {
    assert.equal(stack.exitCode, null, 'the stack ended');
    return (await fetch(`${url}/_local/health`).catch(() => ({}))).status === 200;
  }).catch(async (error) => { await stop(); throw error; });
  return { url, smtp, stop };
}
