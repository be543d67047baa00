// The loader for disks of UEFI machines, made by the real GRUB.
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { buildLoader, hasLoader, LOADER } from '../../../bastion/boot/loader.ts';
import { temporary } from '../support.ts';

test('is a program for UEFI that knows where systems have theirs', async () => {
  const { dir, remove } = await temporary();
  onTestFinished(remove);
  const folder = join(dir, 'ipxe');
  expect(await hasLoader(folder)).toBe(false);
  await buildLoader(folder);
  expect(await hasLoader(folder)).toBe(true);
  const bytes = await readFile(join(folder, LOADER));
  // A PE program, and for x86-64: PE/COFF specification, sections 2 and 3.
  expect(bytes.toString('latin1', 0, 2)).toBe('MZ');
  expect(bytes.readUInt16LE(bytes.readUInt32LE(0x3c) + 4)).toBe(0x8664);
});

test('cannot be made without GRUB, and says what to install', async () => {
  const { dir, remove } = await temporary();
  const path = process.env['PATH'];
  process.env['PATH'] = dir;
  onTestFinished(async () => {
    process.env['PATH'] = path;
    await remove();
  });
  await expect(buildLoader(join(dir, 'ipxe'))).rejects.toThrow(
    /Install GRUB: apt-get install grub-common grub-efi-amd64-bin$/,
  );
});
