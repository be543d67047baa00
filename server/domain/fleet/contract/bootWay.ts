// What people may say of how a server boots: words that boot scripts and the DHCP server's configuration are made of.
import {
  isArgument,
  isBinaryName,
  isConsole,
  leavings,
  lengthOf,
  MOST_SAID,
  type BootWay,
} from '../../../../common/boot/way.ts';
import { right, wrong } from '../../../../common/checked.ts';
import { listOf, mapOf, type Shape, textOf, wordOf } from '../../../../common/shapes.ts';

const text = textOf({ most: 256 });

const like =
  (does: (value: string) => boolean, remedy: string): Shape =>
  (field, value) => {
    const checked = text(field, value);
    return 'problems' in checked || does(checked.value as string)
      ? checked
      : wrong(field, `${JSON.stringify(value)} does not do.`, remedy);
  };

const consoles = listOf(like(isConsole, 'Write a device as behind console=, such as ttyS1,115200n8.'), 16);

const words = listOf(
  like(
    isArgument,
    'Write one word, such as nomodeset: no spaces, quotes or "${", no "#" before it and no operator of scripts; bastion.…, lab.…, BOOTIF, initrd, rdinit, ARGUMENTS and --- are the bastion\'s own.',
  ),
  16,
);

const PARTS: Readonly<Record<keyof BootWay, Shape>> = {
  binary: like(isBinaryName, 'Write the name of an iPXE binary, such as snponly.efi or undionly.kpxe.'),
  leave: wordOf(leavings),
  consoles,
  arguments: words,
};

const names = Object.keys(PARTS);

const name: Shape = (field, value) =>
  names.includes(String(value))
    ? right(value)
    : wrong(field, `There is no "${String(value).slice(0, 80)}" here.`, `There are: ${names.join(', ')}.`);

/** What is not said stays unsaid: the model's way counts there. */
export const bootWay: Shape = (field, value) => {
  const checked = mapOf(
    name,
    (at, one) => (PARTS[at.slice(field.length + 1) as keyof BootWay] ?? right)(at, one),
    names.length,
  )(field, value);
  if ('problems' in checked) return checked;
  const length = lengthOf(checked.value as BootWay);
  return length <= MOST_SAID
    ? checked
    : wrong(
        `${field}.arguments`,
        `With the consoles they have ${length.toLocaleString('en')} characters, and a kernel would cut its arguments off.`,
        `Use at most ${MOST_SAID} for all of them.`,
      );
};
