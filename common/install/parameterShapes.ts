// What the values of an install's parameters have to be, by their types.
import type { Bond, ParameterType, SystemUser } from './plan.ts';
import { inexactNumberIn } from '../exactNumbers.ts';
import { normaliseMac } from '../mac.ts';
import { right, wrong } from '../checked.ts';
import { flagOf, listOf, mapOf, numberOf, partsOf, type Shape, textOf } from '../shapes.ts';

/** Of a text that is one line; scripts are longer. */
const MOST_TEXT = 16_384;
const MOST_TEXTS = 1_000;

const mac: Shape = (field, value) => {
  const written = typeof value === 'string' ? normaliseMac(value) : null;
  return written !== null
    ? right(written)
    : wrong(field, 'It is not the MAC address of a NIC.', 'Write one such as 38:05:25:33:e2:e4.');
};

/** As useradd takes them: see useradd(8). */
const account = textOf({
  most: 32,
  like: /^[a-z_][a-z0-9_-]*$/,
  remedy: 'Use lower-case letters, digits, dashes and underscores, a letter first.',
});

const systemUser = partsOf({
  name: { shape: account },
  groups: { shape: listOf(account, 64), absent: [] },
  sshKeys: { shape: listOf(textOf({ most: MOST_TEXT }), 64), absent: [] },
  admin: { shape: flagOf, absent: false },
} satisfies Record<keyof SystemUser, object>);

/** Modes as Linux calls them: Documentation/networking/bonding.rst of the kernel. */
const modes = /^(?:balance-rr|active-backup|balance-xor|broadcast|802\.3ad|balance-tlb|balance-alb)$/;

const bond = partsOf({
  // IFNAMSIZ of the kernel leaves 15 characters.
  name: {
    shape: textOf({ most: 15, like: /^[a-z][a-z0-9_.-]*$/, remedy: 'Write a name such as bond0.' }),
    absent: 'bond0',
  },
  mode: {
    shape: textOf({ like: modes, remedy: 'Write a mode of Linux, such as active-backup or 802.3ad.' }),
    absent: 'active-backup',
  },
  macs: { shape: listOf(mac, 16) },
} satisfies Record<keyof Bond, object>);

const SHAPES: Readonly<Record<ParameterType, Shape>> = {
  text: textOf({ most: MOST_TEXT, lines: true }),
  number: numberOf(Number.MIN_SAFE_INTEGER, Number.MAX_SAFE_INTEGER),
  flag: flagOf,
  texts: listOf(textOf({ most: MOST_TEXT, lines: true }), MOST_TEXTS),
  users: listOf(systemUser, 100),
  bond,
};

export const parameterTypes = Object.keys(SHAPES) as readonly ParameterType[];

/** The shape of values of a type. */
export const shapeOf = (type: ParameterType): Shape => SHAPES[type];

export const parameterName = textOf({
  most: 63,
  like: /^[a-zA-Z][a-zA-Z0-9_]*$/,
  remedy: 'Use letters, digits and underscores, a letter first.',
});

/** Bytes of the values that are given in one place, and of all that are resolved from several. */
const MOST_GIVEN = 65_536;
const MOST_RESOLVED = 16 * MOST_GIVEN;

const valuesWithin =
  (most: number): Shape =>
  (field, value) => {
    const checked = mapOf(parameterName, (_field, one) => right(one), 100)(field, value);
    if ('problems' in checked) return checked;
    const inexact = inexactNumberIn(value, field);
    if (inexact !== undefined)
      return wrong(inexact, 'It is a number beyond 2^53 - 1, which is read as another one.', 'Write it as a text.');
    const bytes = Buffer.byteLength(JSON.stringify(value));
    if (bytes <= most) return checked;
    return wrong(field, `It has ${bytes.toLocaleString('en')} bytes.`, `Use at most ${most.toLocaleString('en')}.`);
  };

/** Values by name, before it is known which parameters there are: those of a cluster or a server serve any profile. */
export const givenParameters: Shape = valuesWithin(MOST_GIVEN);

/** Those of an install, of which some were given, and the others are the profile's. */
export const resolvedParameters: Shape = valuesWithin(MOST_RESOLVED);
