// How machines boot that boot otherwise than others, as labd says it. What of that could be more than a word is left out.
import { type BootWay, isArgument, isBinaryName, isConsole, leavings, lengthOf, MOST_SAID } from './way.ts';
import { normaliseMac } from '../mac.ts';

/** As labd tells it. */
interface ToldBoot {
  readonly mac: string;
  readonly way: unknown;
}

const words = (value: unknown, does: (word: string) => boolean): readonly string[] | undefined =>
  Array.isArray(value) ? value.filter((one): one is string => typeof one === 'string' && does(one)) : undefined;

const known = (said: Readonly<Record<string, unknown>>): BootWay =>
  Object.fromEntries(Object.entries(said).filter(([, value]) => value !== undefined));

function wayOf({ way }: ToldBoot): BootWay {
  if (typeof way !== 'object' || way === null) return {};
  const { binary, leave, consoles, arguments: more } = way as Readonly<Record<string, unknown>>;
  const toFirmware = {
    binary: typeof binary === 'string' && isBinaryName(binary) ? binary : undefined,
    leave: leavings.find((one) => one === leave),
  };
  const toKernels = known({ consoles: words(consoles, isConsole), arguments: words(more, isArgument) });
  return { ...known(toFirmware), ...(lengthOf(toKernels) <= MOST_SAID ? toKernels : {}) };
}

/** Of the machine with this MAC: nothing where it boots as others do. */
export function wayIn(boots: readonly ToldBoot[], mac: string): BootWay {
  const told = boots.find((one) => normaliseMac(one.mac) === mac);
  return told ? wayOf(told) : {};
}

/** The machines that get an iPXE binary of their own. */
export const binariesIn = (boots: readonly ToldBoot[]): { mac: string; binary: string }[] =>
  boots.flatMap((told) => {
    const { binary } = wayOf(told);
    return binary === undefined ? [] : [{ mac: told.mac, binary }];
  });
