// Powers machines by IPMI, through ipmitool. The password is in its environment, never among its arguments, which everybody on the
// host may read.
import { execFile } from 'node:child_process';
import type { PowerState } from '../../common/power/actions.ts';
import type { Driver, Machine } from './driver.ts';
import { PowerTrouble } from './trouble.ts';
import { waitFor, type Waits } from './waits.ts';

/** Cipher suites: the good one, and the one that older controllers have. */
const SUITES = ['17', '3'] as const;
const MOST_BYTES = 64 * 1024;

interface Ran {
  readonly code: number | string | null;
  readonly out: string;
  readonly err: string;
}

export interface Ipmi {
  readonly waits: Waits;
  /** Where programs are found */
  readonly path: string;
}

function run(args: readonly string[], password: string, patience: number, { path }: Ipmi, signal: AbortSignal) {
  // Nothing else of what the bastion runs with is any of its business.
  const env = { PATH: path, LC_ALL: 'C', IPMI_PASSWORD: password, IPMITOOL_PASSWORD: password };
  const options = { env, signal, timeout: patience, killSignal: 'SIGKILL', maxBuffer: MOST_BYTES } as const;
  return new Promise<Ran>((resolve) =>
    execFile('ipmitool', args, options, (error, out, err) =>
      resolve({ code: error === null ? 0 : error.killed ? 'late' : (error.code ?? null), out, err }),
    ),
  );
}

const PORT = '623';

/** `-H` and `-p` of an address. */
function hostArgs(address: string): string[] {
  const { hostname, port } = new URL(`udp://${address}`);
  return ['-H', hostname.replace(/^\[|\]$/g, ''), '-p', port || PORT];
}

const line = (text: string): string =>
  text
    .split('\n')
    .map((one) => one.replaceAll(/[\u0000-\u001f\u007f]+/g, ' ').trim())
    .filter(Boolean)
    .at(-1)
    ?.slice(0, 300) ?? 'it said nothing';

/** What ipmitool prints when it comes to no session, whatever the reason. */
const NO_SESSION = /Unable to establish|RAKP|no supported cipher|cipher suite|insufficient resources/i;

/** Runs a command of a controller. Throws PowerTrouble. */
async function command({ bmc, signal }: Machine, words: readonly string[], ipmi: Ipmi): Promise<string> {
  const { address = '', user = '', password } = bmc;
  if (password === undefined)
    throw new PowerTrouble(
      'labd sent no password: the Secret that spec.bmc.password names is gone, or cannot be read.',
    );
  // No program can be given one, and what Node says of that has all of it.
  if (password.includes('\0')) throw new PowerTrouble('The password has a byte that no controller takes: NUL.');
  let last: Ran | undefined;
  for (const suite of SUITES) {
    const args = ['-I', 'lanplus', ...hostArgs(address), '-U', user, '-E', '-C', suite, '-N', '2', '-R', '3', ...words];
    last = await run(args, password, ipmi.waits.answer, ipmi, signal);
    if (last.code === 0) return last.out;
    if (last.code === 'ENOENT')
      throw new PowerTrouble(
        'ipmitool is not installed on the bastion: apt-get install ipmitool, or dnf install ipmitool.',
      );
    if (!NO_SESSION.test(last.err)) break;
  }
  const { code, err } = last!;
  if (code === 'late')
    throw new PowerTrouble(
      `${address} gave no answer within ${ipmi.waits.answer / 1000} s. Is it there, and reached from here?`,
    );
  throw new PowerTrouble(
    NO_SESSION.test(err)
      ? `${address} lets nobody in (${line(err)}). Check spec.bmc.address and user, the Secret that spec.bmc.password names, and that IPMI over LAN is on.`
      : `${address} cannot do that: ${line(err)}.`,
  );
}

async function state(machine: Machine, ipmi: Ipmi): Promise<PowerState> {
  const said = /Chassis Power is (on|off)/i.exec(await command(machine, ['chassis', 'power', 'status'], ipmi))?.[1];
  return said === undefined ? 'UNKNOWN' : (said.toUpperCase() as 'ON' | 'OFF');
}

export function ipmi(given: Ipmi): Driver {
  const { waits } = given;
  const power = async (machine: Machine, word: 'on' | 'off' | 'cycle') => {
    await command(machine, ['chassis', 'power', word], given);
    const to = word === 'off' ? 'OFF' : 'ON';
    await waitFor(to, () => state(machine, given), waits, machine.signal);
    return { state: to } as const;
  };
  const cycle = async (machine: Machine) => power(machine, (await state(machine, given)) === 'OFF' ? 'on' : 'cycle');
  return {
    on: (machine) => power(machine, 'on'),
    off: (machine) => power(machine, 'off'),
    cycle,
    status: async (machine) => ({ state: await state(machine, given) }),
    async netboot(machine) {
      // Without the option the flag says legacy, which UEFI machines then obey.
      const options = machine.firmware === 'BIOS' ? [] : ['options=efiboot'];
      await command(machine, ['chassis', 'bootdev', 'pxe', ...options], given);
      return cycle(machine);
    },
  };
}
