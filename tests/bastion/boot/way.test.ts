// A machine that boots otherwise than others, at a bastion that serves no DHCP: labd says how, and its scripts are so.
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { Files } from '../../../bastion/files/files.ts';
import { startFakeLabd } from '../../support/fake-labd.ts';
import { bastionIn, macOf, temporary, until } from '../support.ts';

test('has its own consoles and arguments, and leaves iPXE as it was said', async () => {
  const { dir, remove } = await temporary();
  const labd = await startFakeLabd();
  const files = await Files.open({ dir, now: Date.now, warn: () => {} });
  const from = join(dir, 'made');
  await writeFile(from, 'a kernel');
  await files.keep('discovery', { revision: '6.1' }, [
    { use: 'kernel', path: 'vmlinuz', from },
    { use: 'initrd', path: 'initrd.img', from },
  ]);
  const mac = macOf(1);
  labd.boots = [
    {
      mac,
      way: {
        leave: 'exit',
        consoles: ['ttyS1'],
        arguments: ['bastion.url=http://evil.example', 'nomodeset', '#', 'two words'],
      },
    },
  ];
  const start = (site: number) => bastionIn(dir, { labd: labd.url, httpBoot: true, timings: { site } });
  let bastion = await start(50);
  onTestFinished(async () => {
    await bastion.stop();
    await labd.stop();
    await remove();
  });
  const script = async (of: string) => (await fetch(`${bastion.url}/boot/script?mac=${of}&platform=pcbios`)).text();
  await until(async () => (await script(mac)).includes('nomodeset'));
  expect(await script(mac)).toContain(
    ` initrd=initrd nomodeset bastion.url=${bastion.url} BOOTIF=01-${mac.replaceAll(':', '-')} console=ttyS1 ||`,
  );
  expect(await script(macOf(2))).toContain(' console=tty0 console=ttyS0,115200n8 ||');
  for (const of of [mac, macOf(2)]) await fetch(`${bastion.url}/api/ramdisk?mac=${of}&next=disk`);
  expect(await script(mac)).toBe('#!ipxe\necho lab: booting from disk\nexit\n');
  expect(await script(macOf(2))).toContain('sanboot --no-describe --drive 0x80 ||\nexit\n');
  // What labd said is known after a start in which it says nothing of it.
  await bastion.stop();
  labd.boots = null;
  bastion = await start(3_600_000);
  expect(await script(mac)).toContain(' nomodeset ');
  await bastion.stop();
  bastion = await start(50);
  labd.boots = [];
  await until(async () => !(await script(mac)).includes('nomodeset'));
});
