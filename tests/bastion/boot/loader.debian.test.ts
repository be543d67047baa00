// The loaders for disks, made by the real GRUB.
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { buildLoaders, loaderFor, loaderName } from '../../../bastion/boot/loader.ts';
import { temporary } from '../support.ts';

test('are a program for UEFI and a kernel for BIOS, in place of those of another version', async () => {
  const { dir, remove } = await temporary();
  onTestFinished(remove);
  const folder = join(dir, 'ipxe');
  await mkdir(folder);
  for (const name of ['lab-disk.efi', 'lab-disk-01234567.lnx', 'snponly.efi']) await writeFile(join(folder, name), 'x');
  expect(await loaderFor('efi', folder)).toBe(undefined);
  expect(await buildLoaders(folder)).toEqual([]);
  const names = { efi: (await loaderFor('efi', folder))!, bios: (await loaderFor('pcbios', folder))! };
  expect(await loaderFor('arm', folder)).toBe(undefined);
  expect(new Set(await readdir(folder))).toEqual(new Set([names.efi, names.bios, 'snponly.efi']));
  const efi = await readFile(join(folder, names.efi));
  // A PE program, and for x86-64: PE/COFF specification, sections 2 and 3.
  expect(efi.toString('latin1', 0, 2)).toBe('MZ');
  expect(efi.readUInt16LE(efi.readUInt32LE(0x3c) + 4)).toBe(0x8664);
  // A Linux kernel, as iPXE knows one: Documentation/arch/x86/boot.rst, the header at 0x202.
  const bios = await readFile(join(folder, names.bios));
  expect(bios.toString('latin1', 0x202, 0x206)).toBe('HdrS');
  expect(await buildLoaders(folder)).toEqual([]);
  expect((await readFile(join(folder, names.bios))).equals(bios)).toBe(true);
});

test('cannot be made without GRUB, which is said with what to install', async () => {
  const { dir, remove } = await temporary();
  const path = process.env['PATH'];
  process.env['PATH'] = dir;
  onTestFinished(async () => {
    process.env['PATH'] = path;
    await remove();
  });
  expect(await buildLoaders(join(dir, 'ipxe'))).toEqual([
    expect.stringMatching(/UEFI machines .+ Install GRUB: apt-get install grub-common grub-efi-amd64-bin$/),
    expect.stringMatching(/BIOS machines .+ Install GRUB: apt-get install grub-common grub-pc-bin$/),
  ]);
  expect(loaderName('efi')).not.toBe(loaderName('pcbios'));
});
