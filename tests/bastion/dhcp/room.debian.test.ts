// Where dnsmasq's files find no room, a bastion says so, starts, and serves what it can.
import { rm } from 'node:fs/promises';
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import { buildProgram, macOf, NOWHERE, post, run, temporary, urlOf } from '../support.ts';
import { asRoot } from './lab.ts';

let program: string;
beforeAll(async () => void (program = await buildProgram('lab-bastion-room')));
afterAll(() => rm(program));

test.each([
  ['is full', 'size=4k', 'its disk is full (ENOSPC)'],
  ['may not be written to', 'ro', 'its file system is read-only (EROFS)'],
])('a bastion starts where /run %s, and serves HTTP only', async (_what, options, why) => {
  const { dir, remove } = await temporary();
  onTestFinished(remove);
  // A /run of its own, which goes with it.
  const there = `mount -t tmpfs -o ${options} none /run && exec "$@"`;
  const args = [program, '--dir', dir, '--host', '127.0.0.1', '--port', '0', '--labd', NOWHERE, '--interface', 'lo'];
  const [command, ...rest] = [...asRoot, 'unshare', '--mount', 'sh', '-c', there, 'sh', process.execPath, ...args];
  const bastion = run(command!, rest);
  onTestFinished(async () => {
    bastion.child.kill('SIGTERM');
    await bastion.exited;
  });
  const url = await urlOf(bastion);
  expect(bastion.output()).toContain(
    `DHCP needs room in /run for what dnsmasq reads, and nothing can be written there: ${why}`,
  );
  expect(bastion.output()).toContain('Until then it serves HTTP only');
  expect(await post(url, '/api/discover', { mac: macOf(1) })).toMatchObject({ status: 202 });
});
