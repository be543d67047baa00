// The scripts that iPXE is given, as they are written, and what may never be in one.
import { describe, expect, test } from 'vitest';
import {
  discScript,
  diskScript,
  entryScript,
  kernelScript,
  UnsafeWord,
  waitScript,
} from '../../../bastion/boot/ipxe.ts';
import { kernelWords } from '../../../bastion/boot/linux.ts';

const base = 'http://10.0.0.1:8080';
const golden = (name: string) => `golden/${name}.ipxe`;
const kernel = {
  title: 'installing fedora-43 on 02:00:00:00:00:01, attempt 2',
  kernel: `${base}/files/0f/images/pxeboot/vmlinuz`,
  initrd: `${base}/files/0f/images/pxeboot/initrd.img`,
  arguments: [
    'inst.ks=http://10.0.0.1:8080/install/lab_inst_x/ks.cfg',
    'ds=nocloud;s=http://10.0.0.1/',
    'console=ttyS0,115200n8',
  ],
};

describe('a boot script', () => {
  test.each([
    ['entry', entryScript(base)],
    ['disc', discScript(base)],
    [
      'disc-fixed',
      discScript(base, {
        mac: '02:00:00:00:00:01',
        fixed: { address: '192.168.8.20/22', gateway: '192.168.8.1', dns: ['192.168.8.2', '9.9.9.9'] },
      }),
    ],
    ['install', kernelScript(kernel)],
    ['disk-bios', diskScript('pcbios', `${base}/boot/disk.lnx`)],
    ['disk-bios-without-loader', diskScript('pcbios', undefined)],
    ['disk-efi', diskScript('efi', `${base}/boot/disk.efi`)],
    ['disk-efi-without-loader', diskScript('efi', undefined)],
    ['disk-efi', diskScript('efi', `${base}/boot/disk.efi`, 'sanboot')],
    ['disk-bios-loader', diskScript('pcbios', `${base}/boot/disk.lnx`, 'loader')],
    ['disk-bios-exit', diskScript('pcbios', `${base}/boot/disk.lnx`, 'exit')],
    ['disk-efi-exit', diskScript('efi', `${base}/boot/disk.efi`, 'exit')],
    ['wait', waitScript(base, 'no lease')],
  ])('%s', async (name, text) => {
    expect(text.startsWith('#!ipxe\n')).toBe(true);
    await expect(text).toMatchFileSnapshot(golden(name));
  });

  test.each([
    'a b',
    'a\nreboot',
    '${net0/mac}',
    'x${password}',
    '||',
    '&&',
    ';',
    '#',
    '#quiet',
    '',
    '\u00e4',
    'a\tb',
    '\0',
  ])('has no argument %j, which would be more than a word', (argument) => {
    expect(() => kernelScript({ ...kernel, arguments: [argument] })).toThrow(UnsafeWord);
    expect(() => kernelWords({ ...kernel, arguments: [argument] })).toThrow(UnsafeWord);
  });

  test('is for a ramdisk in words that say which build of it is meant', () => {
    const { title: _, ...boot } = kernel;
    expect(kernelWords({ ...boot, build: '0f1e' })).toBe(
      `boot\nkernel ${kernel.kernel}\ninitrd ${kernel.initrd}\narguments ${kernel.arguments.join(' ')}\nbuild 0f1e\n`,
    );
    expect(kernelWords(boot)).not.toContain('build');
  });

  test('shows no title that would be more than one line of a screen', () => {
    const text = kernelScript({ ...kernel, title: 'x\nreboot\n${password} && shell' });
    expect(text.split('\n')[1]).toBe('echo lab: x?reboot???password? ?? shell');
  });

  test('loads nothing without a time limit, and goes on when something fails', () => {
    for (const line of kernelScript(kernel)
      .split('\n')
      .filter((one) => /^(kernel|initrd|chain)/.test(one)))
      expect(line).toMatch(/--timeout \d+ .+ \|\| goto failed$/);
  });
});
