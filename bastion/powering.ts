// What the uplink needs to power machines: the drivers, whether a machine waits already, and the log of its install.
import type { Boot } from './boot/boot.ts';
import type { Attempts } from './install/attempts.ts';
import { createPower, type PowerOptions } from './power/power.ts';
import type { Intake } from './state/intake.ts';
import type { UplinkOptions } from './uplink/uplink.ts';

export type PowerWaits = PowerOptions['waits'];

interface Parts extends PowerOptions {
  readonly boot: Boot;
  readonly attempts: Attempts;
  readonly intake: Pick<Intake, 'log'>;
}

export const powering = ({
  boot,
  attempts,
  intake,
  ...options
}: Parts): Pick<UplinkOptions, 'power' | 'waitsInRamdisk' | 'noteNetboot'> => ({
  power: createPower(options),
  waitsInRamdisk: (macs) => macs.some((mac) => boot.isWaiting(mac)),
  async noteNetboot([mac], done, message) {
    const attempt = mac === undefined ? undefined : attempts.openFor(mac);
    if (mac === undefined || attempt === undefined) return;
    const what = done
      ? (message ?? 'the machine was made to boot from the network')
      : `the machine could not be made to boot from the network: do it by hand. ${message ?? ''}`;
    await intake.log(mac, [`lab-bastion: ${what.trimEnd()}`], attempt.hash);
  },
});
