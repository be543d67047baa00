// What the ramdisk takes of a machine's time, beside the firmware, the network and the kernel with a ramdisk that does nothing.
import { execFileSync } from 'node:child_process';
import { copyFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { expect, inject, onTestFinished, test } from 'vitest';
import { archive, characterDevice, file, folder } from '../../bastion/ramdisk/cpio.ts';
import { CONSOLES } from '../../bastion/boot/netboot.ts';
import { newest } from './given.ts';
import { dnsmasqOn, layNet, type Net } from './net.ts';
import { openSite } from './site.ts';
import { powerOn, type VmOptions } from './vm.ts';

const ramdisk = inject('ramdisk');
const MAC = '52:54:00:00:00:01';
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
  net.start(
    'dnsmasq',
    [...dnsmasqOn('br0'), '--no-ping', ...dhcp, ...boot, '--enable-tftp', `--tftp-root=${root}`],
    'dhcp.log',
  );
  net.start('busybox', ['httpd', '-f', '-p', '8080', '-h', root], 'http.log');
}

/** The ramdisk has all that Debian has drivers for, and waits for disks that are slow to come. */
const MOST = 1.6;

test(`power-on to DISCOVERED takes at most ${MOST} times the work of firmware, kernel and an empty ramdisk`, async () => {
  const site = await openSite();
  onTestFinished(() => site.stop());
  await site.done('bastion', 'files', 'build', 'discovery', '--kernel', newest('.lab/kernels', '.deb'));
  await site.serves();
  const alone = layNet();
  onTestFinished(() => alone.stop());
  serveEmpty(alone);
  const machine: VmOptions = { name: 'machine', mac: MAC, firmware: 'uefi', disks: [] };
  // Both at the same time, so that they wait for the same; what they work does not tell of what else the processor has to do.
  const began = Date.now();
  const [empty, whole] = [powerOn(alone, machine), powerOn(site, machine)];
  const up = async () => {
    await expect.poll(() => empty.said().includes(UP), { timeout: 500_000, interval: 50 }).toBe(true);
    return { work: empty.processor(), time: Date.now() - began };
  };
  const found = async () => {
    const document = `{ servers(filter: { bootMac: { eq: "${MAC}" } }) { nodes { createdAt } } }`;
    const ask = async () =>
      (await site.ask<{ servers: { nodes: { createdAt: string }[] } }>(document)).servers.nodes[0];
    let server: Awaited<ReturnType<typeof ask>>;
    await expect.poll(async () => (server = await ask()), { timeout: 500_000, interval: 300 }).toBeDefined();
    return { work: whole.processor(), time: Date.parse(server!.createdAt) - began };
  };
  const [emptyTook, wholeTook] = await Promise.all([up(), found()]);
  await Promise.all([empty.off(), whole.off()]);
  const [work, time] = [wholeTook.work / emptyTook.work, wholeTook.time / emptyTook.time];
  console.log(
    `Power-on to DISCOVERED: ${wholeTook.time} ms, ${time.toFixed(2)} times the time and ${work.toFixed(2)} times the work`,
  );
  expect(work).toBeLessThanOrEqual(MOST);
});
