// A whole bastion serves DHCP from what labd told it last; beside another server it does so only when it is made to.
import { mkdir, writeFile } from 'node:fs/promises';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { seal } from '../../../common/sealed.ts';
import { buildProgram, NOWHERE, run, temporary, until, type Program } from '../support.ts';
import { layWire, openStation, type Wire } from './lab.ts';
import { lan, prepare } from './serving.ts';

let program: string;
beforeAll(async () => void (program = await buildProgram('dhcp')));
afterAll(() => rmSync(program, { force: true }));

const undo: (() => unknown)[] = [];
let wire: Wire;
let dir: string;
beforeEach(async () => {
  const temp = await temporary();
  undo.push(temp.remove);
  dir = temp.dir;
  wire = layWire('10.77.0.1/24', '10.77.0.50/24');
  undo.push(wire.remove);
  await mkdir(join(dir, 'dhcp'), { recursive: true });
  await mkdir(join(dir, 'ipxe'));
  for (const file of ['undionly.kpxe', 'ipxe.efi']) await writeFile(join(dir, 'ipxe', file), file);
  await keep('FULL');
});
afterEach(async () => {
  for (const step of undo.splice(0).reverse()) await step();
});

/** What labd said when it was last there. */
async function keep(dhcpMode: 'FULL' | 'PROXY'): Promise<void> {
  const { name, cidr, gateway, domain, range: dhcpRange } = lan();
  const network = { name, cidr, gateway, domain, dhcpMode, dhcpRange, dns: [], relayed: false };
  const reservations = [{ mac: '52:54:00:aa:00:01', ip: '10.77.0.20', hostname: 'web' }];
  await writeFile(join(dir, 'dhcp', 'site.json'), seal({ site: { tag: 'x', networks: [network], reservations } }));
}

function bastion(...more: string[]): Program {
  const args = ['--dir', dir, '--labd', NOWHERE, '--interface', 'lan0', ...more];
  const [command, ...rest] = [...wire.bastion, process.execPath, program, ...args];
  const started = run(command!, rest);
  undo.push(async () => {
    started.child.kill('SIGTERM');
    await started.exited;
  });
  return started;
}

const efi = { vendor: 'PXEClient:Arch:00007:UNDI:003016', architecture: 7 };
const says = (from: Program, text: string) => until(() => from.output().includes(text));
const station = async () => {
  const opened = await openStation(wire);
  undo.push(opened.close);
  return opened;
};

test('one that is alone serves what labd said last, and not without being told an interface', async () => {
  const machine = await station();
  bastion();
  await until(async () => (await machine.discover('52:54:00:aa:00:01', efi))?.yourAddress === '10.77.0.20');
  const offer = await machine.discover('52:54:00:aa:00:02', efi);
  expect(offer?.options.get(67)?.toString().replace('\0', '')).toBe('ipxe.efi');
});

test('beside another server it refuses, says which one, and says how to make it', async () => {
  const other = await prepare(wire.machines);
  undo.push(other.stop);
  await other.apply({ networks: [lan({ interface: 'eth0', address: '10.77.0.50' })] });
  const refusing = bastion();
  await says(refusing, 'is not served: 10.77.0.50 serves DHCP on lan0 already.');
  expect(refusing.output()).toMatch('or start the bastion with --force');
  refusing.child.kill('SIGTERM');
  await refusing.exited;
  const forced = bastion('--force');
  await says(forced, 'DHCP is served');
  await other.stop();
  const machine = await station();
  await until(async () => (await machine.discover('52:54:00:aa:00:01', efi))?.yourAddress === '10.77.0.20');
  expect(forced.output()).not.toMatch('is not served');
});
