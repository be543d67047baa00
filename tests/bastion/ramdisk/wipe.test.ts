// The wipe of the ramdisk, by a shell with made-up disks: it asks before each of them, be the one before it wiped or not.
import { execFile } from 'node:child_process';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { expect, onTestFinished, test } from 'vitest';
import { temporary } from '../support.ts';

const SCRIPT = resolve('bastion/ramdisk/scripts/wipe.sh');

/** Of the disks, what is told and what is wiped, line by line, where it is given up after so many words; `bad` take nothing. */
async function wipe(disks: readonly string[], bad: string, words: number): Promise<string[]> {
  const { dir, remove } = await temporary();
  onTestFinished(remove);
  for (const disk of disks) await mkdir(join(dir, disk));
  const script = join(dir, 'wipe.sh');
  await writeFile(script, (await readFile(SCRIPT, 'utf8')).replaceAll('/sys/block', dir));
  const around = `
    . ${script}
    is_disk() { [ -d "$1" ]; }
    line_of() { LINE=; case $1 in /run/lab/wipe) LINE='I/O error' ;; esac; }
    transport() { TRANSPORT=sata; }
    disk_serial() { LINE=; }
    told=0
    insist() { told=$((told + 1)); [ "$told" -le ${words} ] || return 1; echo "$2"; }
    restart() { echo "$1"; exit; }
    wipe_disk() { HOW=discarded; echo "* $1"; case " ${bad} " in *" $1 "*) return 1 ;; esac; }
    wipe`;
  return (await promisify(execFile)('sh', ['-c', around])).stdout.trim().split('\n');
}

const GIVEN_UP = 'This wipe was given up: nothing more is written';

test('one that is given up begins no further disk, also after one that takes nothing', async () => {
  const begun = ['Wiping 3 disks: sda sdb sdc', '* sda'];
  const disks = ['sda', 'sdb', 'sdc'];
  expect(await wipe(disks, '', 1)).toEqual([...begun, GIVEN_UP]);
  expect(await wipe(disks, 'sda', 1)).toEqual([...begun, GIVEN_UP]);
});

test('a disk that takes nothing is told at once, and at the end', async () => {
  expect(await wipe(['sda', 'sdb'], 'sda', 9)).toEqual([
    'Wiping 2 disks: sda sdb',
    '* sda',
    'Wiped 0 of 2: sda takes nothing (I/O error)',
    '* sdb',
    'Wiped 1 of 2: sdb (discarded)',
    'Wiped 1 of 2 disks. These take nothing: sda (I/O error)',
    'Starting again',
  ]);
});
