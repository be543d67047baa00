// A small fleet that is the same in every run: four servers, two networks, two clusters and two VMs.
import { expect, vi } from 'vitest';
import type { Site } from './support.ts';

const master = '38:05:25:33:e2:e4';

const full = {
  mac: master,
  arch: 'x86_64',
  cpu_model: 'AMD Ryzen 7 8845HS',
  cpu_cores: 8,
  memory_gb: 64,
  manufacturer: 'ACME',
  product: 'MiniServer',
  serial: 'SN0001',
  uuid: '4c4c4544-0042-3510-8053-b2c04f4d3331',
  firmware: 'uefi',
  disks: [
    { name: 'nvme0n1', size_gb: 1000, model: 'WD SN770', serial: 'D1' },
    { name: 'sda', size_gb: 480.1, model: 'Intel S4510', serial: 'D2' },
  ],
  nics: [
    { name: 'eno1', mac: master, ip: '192.168.8.20', state: 'UP' },
    { name: 'eno2', mac: '38:05:25:33:e2:e5', state: 'DOWN' },
  ],
};

/** What a machine may call itself to trick a terminal. */
const hostile = 'Evil\u001b[31m\u001b]0;owned\u0007 \u202eCPU\r\n8 cores';

const hostileNic = { name: 'e\u009b2J\u001bc0', mac: '02:00:00:00:00:0d' };

/** Makes the fleet: labmaster is installed, worker1 made by hand, one machine told its MAC alone, one is hostile. */
export async function makeFleet({ ask, report, install }: Site): Promise<void> {
  await ask(`mutation {
    lab: createNetwork(input: { name: "lab", cidr: "192.168.8.0/24", gateway: "192.168.8.1", domain: "lab.example" }) { __typename }
    storage: createNetwork(input: { name: "storage", cidr: "10.0.0.0/24", vlan: 20, dhcpEnabled: true }) { __typename }
    worker: createServer(input: { name: "worker1", mac: "02-00-00-00-00-0c", role: WORKER, labels: { rack: "a2" },
      cloud: "edge", environment: "prod" }) { __typename }
  }`);
  const statuses = async () =>
    (await ask<{ servers: { nodes: { status: string }[] } }>('{ servers { nodes { status } } }')).servers.nodes
      .map(({ status }) => status)
      .sort();
  // Each in labd before the next: what comes together may be one change or several.
  const become = (...expected: string[]) =>
    vi.waitFor(async () => expect(await statuses()).toEqual(expected), { timeout: 20_000, interval: 50 });
  const found = ['DISCOVERED', 'DISCOVERED', 'DISCOVERED'];
  await report('discover', full);
  await report('discover', { mac: '02:00:00:00:00:0b' });
  await report('discover', { mac: '02:00:00:00:00:0d', cpu_model: hostile, nics: [hostileNic] });
  await become(...found, 'DISCOVERED');
  const installer = await install(master, { role: 'CONTROL_PLANE' });
  await become(...found, 'PROVISIONING');
  const done = { hostname: 'labmaster.lab.example', ip: '192.168.8.20', os: 'Fedora 43' };
  await installer.say({ stage: 'done', state: 'installed', ...done });
  await become(...found, 'INSTALLED');
  await ask(`mutation { updateServer(by: { mac: "${master}" }, input: { name: "labmaster", labels: { rack: "a1" } }) {
    __typename } }`);
  await ask(`mutation {
    home: createCluster(input: { name: "home", endpoint: "https://192.168.8.20:6443", labels: { tier: "gold" } }) { __typename }
    master: createClusterMember(input: { cluster: { name: "home" }, server: { name: "labmaster" }, role: CONTROL_PLANE }) { __typename }
    worker: createClusterMember(input: { cluster: { name: "home" }, server: { name: "worker1" }, role: WORKER }) { __typename }
    bare: createCluster(input: { name: "bare", kind: "nomad" }) { __typename }
    web: createVm(input: { name: "web", vcpus: 2, memoryGb: 4, state: RUNNING, server: { name: "labmaster" }, networks: [{ name: "lab" }, { name: "storage" }] }) { __typename }
    idle: createVm(input: { name: "idle", vcpus: 1, memoryGb: 0.5, cloud: "edge" }) { __typename }
  }`);
}
