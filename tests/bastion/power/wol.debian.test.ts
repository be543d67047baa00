// Waking over a real wire between two network namespaces: who listens there hears the packet.
import { execFile, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { rm } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { build } from 'esbuild';
import { expect, onTestFinished, test } from 'vitest';
import { magicPacket } from '../../../bastion/power/wol.ts';
import { layWire } from '../dhcp/lab.ts';

const run = promisify(execFile);
const MAC = '52:54:00:12:34:56';

test('a machine on the bastion’s network hears that it is to wake, three times', async () => {
  const wire = layWire('10.77.0.1/24', '10.77.0.2/24');
  onTestFinished(() => wire.remove());
  const outfile = resolve(join('node_modules', '.cache', `power-${process.pid}.mjs`));
  const options = { bundle: true, platform: 'node', format: 'esm', target: 'node20' } as const;
  await build({ entryPoints: ['bastion/power/power.ts'], outfile, ...options });
  onTestFinished(() => rm(outfile, { force: true }));
  const [command, ...args] = [...wire.machines, process.execPath, 'tests/bastion/dhcp/udp.mjs', '9'];
  const child = spawn(command, args, { stdio: ['pipe', 'pipe', 'inherit'] });
  onTestFinished(() => void child.stdin.end());
  const heard: { hex?: string; from?: string }[] = [];
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  await lines.next();
  const wake = `import(${JSON.stringify(outfile)}).then(({ createPower }) => createPower({ interfaces: ['lan0'] })({ action: 'on', bmc: { type: 'wol' }, macs: ['${MAC}'], firmware: null })).then((done) => console.log(JSON.stringify(done)))`;
  const [there, ...words] = [...wire.bastion, process.execPath, '-e', wake];
  const { stdout } = await run(there, words);
  for (let n = 0; n < 3; n += 1) heard.push(JSON.parse(String((await lines.next()).value)) as object);
  const packet = magicPacket(MAC).toString('hex');
  expect(heard).toEqual(Array.from({ length: 3 }, () => ({ hex: packet, from: '10.77.0.1' })));
  expect(JSON.parse(stdout)).toEqual({
    state: 'UNKNOWN',
    message: 'It was called to wake on 10.77.0.255. Whether it did, Wake-on-LAN does not tell.',
  });
});
