// What labd says of how machines boot is checked once more: nothing of it is more than a word.
import { expect, test } from 'vitest';
import { binariesIn, wayIn } from '../../../common/boot/told.ts';

const MAC = '52:54:00:00:00:01';

test('what is sound is taken, of the machine that it is of', () => {
  const way = { binary: 'snponly.efi', leave: 'sanboot', consoles: ['ttyS1'], arguments: ['nomodeset'] };
  const boots = [
    { mac: '52:54:00:00:00:02', way: { leave: 'exit' } },
    { mac: MAC.toUpperCase(), way },
  ];
  expect(wayIn(boots, MAC)).toEqual(way);
  expect(wayIn(boots, '52:54:00:00:00:03')).toEqual({});
  expect(binariesIn(boots)).toEqual([{ mac: MAC.toUpperCase(), binary: 'snponly.efi' }]);
});

test.each([null, 'exit', [], { leave: 'chain' }, { binary: '../x.efi' }, { binary: 7, consoles: 'ttyS0', more: 1 }])(
  '%j says nothing',
  (way) => {
    expect(wayIn([{ mac: MAC, way }], MAC)).toEqual({});
    expect(binariesIn([{ mac: MAC, way }])).toEqual([]);
  },
);

const told = (way: object) => wayIn([{ mac: MAC, way }], MAC);

test.each([
  'lab.script=http://evil.example/x/y',
  'bastion.url=http://evil.example:8080',
  'bastion.mode=wipe',
  'BOOTIF=01-52-54-00-00-00-09',
  'initrd=other',
  'rdinit=/bin/sh',
  'ARGUMENTS=bastion.mode=wipe',
  '--',
  '---',
  '#',
  '#quiet',
  'x="',
])('an argument %s, which would take away what the bastion says, is left out', (word) => {
  expect(told({ arguments: [word, 'nomodeset'] })).toEqual({ arguments: ['nomodeset'] });
});

test('a console is a device alone', () => {
  expect(told({ consoles: ['console=ttyS1', 'lab.script=x', '#', 'uart8250,mmio32,0xfe215040', 'tty0'] })).toEqual({
    consoles: ['uart8250,mmio32,0xfe215040', 'tty0'],
  });
});

test('of words that are too many for a command line none is taken', () => {
  const way = { leave: 'exit', consoles: ['ttyS1'], arguments: ['a'.repeat(250), 'b'.repeat(250)] };
  expect(told(way)).toEqual({ leave: 'exit' });
  expect(told({ ...way, consoles: [] })).toEqual({ ...way, consoles: [] });
});

test('of words those are left out that would be more', () => {
  const way = { arguments: ['a', 'b c', 'd\nreboot', '${x}', '&&', 5], consoles: ['ttyS0\t'] };
  expect(wayIn([{ mac: MAC, way }], MAC)).toEqual({ arguments: ['a'], consoles: [] });
});
