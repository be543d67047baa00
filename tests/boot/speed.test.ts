// What the ramdisk takes of a machine's time: from power-on to a discovered server is little more than what the firmware, the
// network and the kernel take with a ramdisk that does nothing.
import { execFileSync } from 'node:child_process';
import { copyFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { expect, inject, onTestFinished, test } from 'vitest';
import { archive, characterDevice, file, folder } from '../../bastion/ramdisk/cpio.ts';
import { CONSOLES } from '../../bastion/boot/netboot.ts';
import { newest } from './given.ts';
import { layNet, type Net } from './net.ts';
import { openSite } from './site.ts';
import { powerOn, type VmOptions } from './vm.ts';

const ramdisk = inject('ramdisk');
const UP = 'the empty ramdisk is up';

/** What says that it has started, and nothing else. */
function emptyRamdisk(): Buffer {
  const init = `#!/bin/busybox sh\n/bin/busybox mount -t devtmpfs dev /dev\necho ${UP} >/dev/ttyS0\n/bin/busybox sleep 3600\n`;
  const entries = [
    ...['dev', 'bin'].map(folder),
    characterDevice('dev/console', 5, 1),
    file('bin/busybox', readFileSync('/bin/busybox'), true),
    file('init', Buffer.from(init), true),
  ];
  return gzipSync(Buffer.concat([...archive(entries)]), { level: 1 });
}

/** Boots whoever asks into the same kernel, the same way as a bastion does, by programs that do nothing else. */
function serveEmpty(net: Net): void {
  const root = join(net.dir, 'root');
  mkdirSync(root);
  copyFileSync(ramdisk.kernel, join(root, 'vmlinuz'));
  writeFileSync(join(root, 'empty.img'), emptyRamdisk());
  copyFileSync('/usr/lib/ipxe/ipxe.efi', join(root, 'ipxe.efi'));
  const at = 'http://10.77.0.1:8080';
  const script = [
    '#!ipxe',
    `kernel ${at}/vmlinuz initrd=initrd ${CONSOLES.join(' ')}`,
    `initrd --name initrd ${at}/empty.img`,
    'boot',
  ];
  writeFileSync(join(root, 'boot.ipxe'), `${script.join('\n')}\n`);
  execFileSync('chmod', ['-R', 'a+rX', net.dir]);
  const words =
    '--conf-file=/dev/null --port=0 --pid-file= --interface=br0 --bind-dynamic --keep-in-foreground --no-ping';
  const dhcp = [
    '--dhcp-range=10.77.0.100,10.77.0.200',
    '--dhcp-authoritative',
    `--dhcp-leasefile=${join(net.dir, 'leases')}`,
  ];
  const boot = [
    '--dhcp-match=set:ipxe,175',
    `--dhcp-boot=tag:ipxe,${at}/boot.ipxe`,
    '--dhcp-boot=tag:!ipxe,ipxe.efi',
    '--dhcp-option=encap:175,176,1b',
  ];
  net.start('dnsmasq', [...words.split(' '), ...dhcp, ...boot, '--enable-tftp', `--tftp-root=${root}`], 'dhcp.log');
  net.start('busybox', ['httpd', '-f', '-p', '8080', '-h', root], 'http.log');
}

test('power-on to DISCOVERED takes at most 1.2 times what firmware, kernel and an empty ramdisk take', async () => {
  const site = await openSite();
  onTestFinished(() => site.stop());
  await site.done('bastion', 'files', 'build', 'discovery', '--kernel', newest('.lab/kernels', '.deb'));
  const alone = layNet();
  onTestFinished(() => alone.stop());
  serveEmpty(alone);
  const times = { whole: Infinity, empty: Infinity };
  // What else the processor has to do makes a machine slower, and none faster: the shortest times count.
  for (let tries = 0; tries < 3 && !(times.whole <= 1.2 * times.empty); tries += 1) {
    const mac = `52:54:00:00:00:0${tries}`;
    const machine: VmOptions = { name: `machine${tries}`, mac, firmware: 'uefi', disks: [] };
    // Both at the same time, so that they wait for the same.
    const began = Date.now();
    const [empty, whole] = [powerOn(alone, machine), powerOn(site, machine)];
    const up = async () => {
      const took = () => (empty.said().includes(UP) ? Date.now() - began : 0);
      let time = 0;
      await expect.poll(() => (time = took()), { timeout: 500_000, interval: 50 }).toBeGreaterThan(0);
      return time;
    };
    const found = async () => {
      const document = `{ servers(filter: { bootMac: { eq: "${mac}" } }) { nodes { createdAt } } }`;
      const ask = async () =>
        (await site.ask<{ servers: { nodes: { createdAt: string }[] } }>(document)).servers.nodes[0];
      let server: Awaited<ReturnType<typeof ask>>;
      await expect.poll(async () => (server = await ask()), { timeout: 500_000, interval: 1_000 }).toBeDefined();
      return Date.parse(server!.createdAt) - began;
    };
    const [emptyTook, wholeTook] = await Promise.all([up(), found()]);
    times.empty = Math.min(times.empty, emptyTook);
    times.whole = Math.min(times.whole, wholeTook);
    await Promise.all([empty.off(), whole.off()]);
  }
  const ratio = times.whole / times.empty;
  console.log(
    `Power-on to DISCOVERED: ${times.whole} ms; with an empty ramdisk: ${times.empty} ms; ${ratio.toFixed(2)} times`,
  );
  expect(ratio).toBeLessThanOrEqual(1.2);
});
