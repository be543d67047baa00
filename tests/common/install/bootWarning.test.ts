// What is said of a machine that boots another disk than the one that is installed: BIOS knows the first drive alone.
import { expect, test } from 'vitest';
import { bootWarning } from '../../../common/install/bootWarning.ts';
import { disk } from './disks.ts';

const [first, second, tenth] = [disk('sda', 480), disk('sdb', 480), disk('sdj', 480)];

test('the first drive is named, and how to install there', () => {
  expect(bootWarning({ firmware: 'BIOS' }, [second, first], second)).toBe(
    'It boots by BIOS, which is told to boot the first drive alone: probably sda, and the system goes to sdb. Install there with --set disk=serial:S-sda, or have its BIOS put sdb first.',
  );
  const unknown = disk('sda', 480, { serial: null });
  expect(bootWarning({ firmware: 'BIOS' }, [unknown, second], second)).toContain('Install there, or have its BIOS put');
  expect(
    bootWarning({ firmware: 'BIOS' }, [disk('nvme10n1', 480), disk('nvme2n1', 480)], disk('nvme10n1', 480)),
  ).toContain('nvme2n1');
});

test.each<[string, Parameters<typeof bootWarning>]>([
  ['the first drive is chosen', [{ firmware: 'BIOS' }, [first, second, tenth], first]],
  [
    'what comes before can be taken out',
    [{ firmware: 'BIOS' }, [disk('sda', 480, { transport: 'usb' }), second], second],
  ],
  ['it boots by UEFI, which finds the system anywhere', [{ firmware: 'UEFI' }, [first, second], second]],
  ['nobody knows how it boots', [{ firmware: null }, [first, second], second]],
  ['somebody said how it is left for its disk', [{ firmware: 'BIOS', leave: 'sanboot' }, [first, second], second]],
  ['nothing is written', [{ firmware: 'BIOS' }, [first, second], null]],
])('nothing is said where %s', (_what, given) => {
  expect(bootWarning(...given)).toBeNull();
});
