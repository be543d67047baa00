// How a machine is powered without a hand on it: by its management controller (BMC), or woken over the network.
import { isDnsLabel } from '../dnsLabel.ts';
import { type Checked, right, wrong } from '../checked.ts';
import { flagOf, partsOf, type Shape, textOf, wordOf } from '../shapes.ts';

/** What people say of it, in `spec.bmc` of a server. Its password is in no row: `password` names the Secret that keeps it. */
export interface Bmc {
  readonly type: BmcType;
  /** Host, or host:port */
  readonly address?: string;
  readonly user?: string;
  /** The name of a Secret of the server's place */
  readonly password?: string;
  /** Redfish: the path of the system that is meant, where it has several */
  readonly system?: string;
  /** Redfish: SHA-256 of the certificate that it shows, in hexadecimal */
  readonly fingerprint?: string;
  /** Redfish: whatever certificate it shows is taken */
  readonly insecure?: boolean;
}

const bmcTypes = ['redfish', 'ipmi', 'wol'] as const;
export type BmcType = (typeof bmcTypes)[number];

const HOST = /^(?:[a-z\d](?:[a-z\d.-]{0,251}[a-z\d])?|\[[\da-f:.]{2,45}\])(?::\d{1,5})?$/i;

const HOW = 'Write a host, or host:port, such as 10.0.0.7 or [fd00::7]:8443: without https:// and without a path.';
const host = textOf({ like: HOST, remedy: HOW });

/** What looks like one may still be none, such as 10.0.0.999. */
const address: Shape = (field, value) => {
  const checked = host(field, value);
  if ('problems' in checked || URL.canParse(`https://${String(value)}`)) return checked;
  return wrong(field, 'It is no host, or its port is none.', HOW);
};

/** Longer ones are no user's of a management controller; ipmitool takes 16 bytes of them. */
const user = (most: number): Shape => textOf({ most, like: /^\S+$/, remedy: 'Write one word.' });

const secretName: Shape = (field, value) =>
  typeof value === 'string' && isDnsLabel(value)
    ? right(value)
    : wrong(
        field,
        'It has to be the name of a Secret, and is none.',
        'Keep the password in one, and name that: lab create secret NAME.',
      );

const system = textOf({
  like: /^\/redfish\/[\w./~%-]+$/,
  remedy: 'Write the path that the controller calls it by, its @odata.id, such as /redfish/v1/Systems/1.',
});

const fingerprint: Shape = (field, value) => {
  const hex = typeof value === 'string' ? value.replaceAll(':', '').toLowerCase() : '';
  return /^[\da-f]{64}$/.test(hex)
    ? right(hex)
    : wrong(
        field,
        'It is no SHA-256 of a certificate.',
        'Write 64 hexadecimal digits, as openssl x509 -noout -fingerprint -sha256 prints them.',
      );
};

/** What each type takes: what stands under another type alone is refused, with what there is. */
const PARTS: Readonly<Record<BmcType, Parameters<typeof partsOf>[0]>> = {
  redfish: {
    address: { shape: address },
    user: { shape: user(64) },
    password: { shape: secretName },
    system: { shape: system, absent: null },
    fingerprint: { shape: fingerprint, absent: null },
    insecure: { shape: flagOf, absent: null },
  },
  ipmi: {
    address: { shape: address },
    user: { shape: user(16) },
    password: { shape: secretName },
  },
  wol: {},
};

const type = wordOf(bmcTypes);

/** Empty for a machine that nobody can power from afar. */
export const bmcShape: Shape = (field, value) => {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    return wrong(field, 'It has to be a map.', `Write type (${bmcTypes.join(', ')}) and what that takes.`);
  const given = value as Readonly<Record<string, unknown>>;
  if (Object.keys(given).length === 0) return right({});
  const typed = type(`${field}.type`, given['type']);
  if ('problems' in typed) return typed;
  const parts = PARTS[typed.value as BmcType];
  const checked = partsOf({ type: { shape: type }, ...parts })(field, given);
  return 'problems' in checked ? checked : atOdds(field, withoutNulls(checked.value as object));
};

/** What nobody said is not kept. */
const withoutNulls = (bmc: object): Bmc =>
  Object.fromEntries(Object.entries(bmc).filter(([, value]) => value !== null)) as unknown as Bmc;

/** A pinned certificate that any other may stand in for is not pinned. */
function atOdds(field: string, bmc: Bmc): Checked<Bmc> {
  const both = bmc.fingerprint !== undefined && bmc.insecure === true;
  return both
    ? wrong(
        `${field}.insecure`,
        'With a fingerprint one certificate is taken, and with insecure: true every one.',
        'Leave one of the two out.',
      )
    : right(bmc);
}
