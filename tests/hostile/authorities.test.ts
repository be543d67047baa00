// Authorities that are not labd's, in the place of one that took its place: nobody follows them.
import { generateKeyPairSync, X509Certificate } from 'node:crypto';
import { beforeAll, describe, expect, test } from 'vitest';
import { requestFor } from '../../bastion/enrolment/request.ts';
import { type ShownAuthority, type Succession, successionOf } from '../../common/succession.ts';
import { realSystem } from '../../common/system.ts';
import { type AuthorityKeys, crossSign, makeAuthority } from '../../server/domain/access/authorityKeys.ts';
import { authorityAt, firstOf, type Line, nextOf } from '../support/authorities.ts';

const HOUR = 3_600_000;
const NOT_VOUCHED = 'the one that is known does not vouch for it';
const at = (offset: number) => ({ ...realSystem, now: () => Date.now() + offset });
const inAnHour = () => new Date(Date.now() + HOUR);

let known: Line;
let next: Line;
let last: Line;
/** An authority of somebody else's, with the name of ours. */
let lookalike: AuthorityKeys;

beforeAll(async () => {
  known = await firstOf();
  next = await nextOf(known);
  last = await nextOf(next);
  lookalike = await makeAuthority(realSystem, known.keys);
});

const vouchesOf = (line: Line): string[] => line.earlier.map(({ vouches }) => vouches!);
const shownBy = (keys: AuthorityKeys, ...crossCertificates: string[]): ShownAuthority => ({
  authority: keys.certificate,
  crossCertificates,
});

/** A bastion's certificate from labd, with its key, as if it were an authority's. */
async function bastions(): Promise<AuthorityKeys> {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const subject = {
    kind: 'bastion',
    id: '0197a1f2-0000-7000-8000-000000000001',
    name: 'site-1',
    enrolment: '0197a1f2-0000-8000-8000-000000000002',
  } as const;
  const { certificate } = await (await authorityAt(known)).sign(requestFor(privateKey), subject);
  return { certificate, privateKey: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString() };
}

const cases: Record<string, [() => ShownAuthority | Promise<ShownAuthority>, string]> = {
  'a lookalike with the same name': [() => shownBy(lookalike), NOT_VOUCHED],
  'a lookalike beside what vouches for the real one': [() => shownBy(lookalike, ...vouchesOf(next)), NOT_VOUCHED],
  'a lookalike that vouches for itself in the name of ours': [
    async () => shownBy(lookalike, await crossSign(lookalike, lookalike, inAnHour(), realSystem)),
    NOT_VOUCHED,
  ],
  'one that a lookalike vouches for, and the lookalike by what is the real one’s': [
    async () => {
      const made = await makeAuthority(realSystem, known.keys);
      return shownBy(made, await crossSign(lookalike, made, inAnHour(), realSystem), ...vouchesOf(next));
    },
    NOT_VOUCHED,
  ],
  'one for which a bastion’s certificate vouches': [
    async () => {
      const bastion = await bastions();
      const made = await makeAuthority(realSystem, bastion);
      return shownBy(made, await crossSign(bastion, made, inAnHour(), realSystem), bastion.certificate);
    },
    NOT_VOUCHED,
  ],
  'a bastion’s certificate as the authority': [
    async () => shownBy(await bastions()),
    'its certificate is not one of an authority, signed by itself',
  ],
  'what vouches for the successor as the authority': [
    () => ({ authority: vouchesOf(next)[0]!, crossCertificates: vouchesOf(next) }),
    'its certificate is not one of an authority, signed by itself',
  ],
  'the last of three without what vouches for the second': [() => shownBy(last.keys, vouchesOf(last)[0]!), NOT_VOUCHED],
  'the last of three with what vouches in the wrong order': [
    () => shownBy(last.keys, ...vouchesOf(last).toReversed()),
    NOT_VOUCHED,
  ],
  'a successor whose vouching has ended': [
    async () => shownBy(next.keys, await crossSign(known.keys, next.keys, new Date(Date.now() - 1000), realSystem)),
    'what vouches for it has ended',
  ],
  'a successor whose vouching has not begun': [
    async () =>
      shownBy(next.keys, await crossSign(known.keys, next.keys, new Date(Date.now() + 99 * HOUR), at(48 * HOUR))),
    'what vouches for it has ended',
  ],
  'a successor that is not good yet': [
    async () => {
      const early = await makeAuthority(at(48 * HOUR), known.keys);
      return shownBy(early, await crossSign(known.keys, early, inAnHour(), realSystem));
    },
    'its certificate is not good now',
  ],
  'no certificate': [() => ({ authority: 'x', crossCertificates: [] }), 'what it shows is no certificate'],
  nothing: [() => ({ authority: '', crossCertificates: [] }), 'what it shows is no certificate'],
  'nonsense that vouches': [() => shownBy(next.keys, 'x'), 'what it shows is no certificate'],
  'its own vouching after more than may stand between': [
    () => shownBy(next.keys, ...Array.from({ length: 16 }, () => next.keys.certificate), ...vouchesOf(next)),
    NOT_VOUCHED,
  ],
};

describe('whoever knows an authority does not follow', () => {
  test.each(Object.entries(cases))('%s', async (_what, [make, why]) => {
    const shown = await make();
    const found: Succession = successionOf(new X509Certificate(known.keys.certificate), shown, Date.now());
    expect(found).toEqual({ is: 'stranger', why });
    // The ordinary question beside it.
    const real = shownBy(last.keys, ...vouchesOf(last));
    expect(successionOf(new X509Certificate(known.keys.certificate), real, Date.now())).toEqual({ is: 'successor' });
  });

  test('its successor, once it has ended itself', async () => {
    const ended = await makeAuthority(at(-3654 * 24 * HOUR));
    const made = await makeAuthority(realSystem, ended);
    const shown = shownBy(made, await crossSign(ended, made, inAnHour(), realSystem));
    expect(successionOf(new X509Certificate(ended.certificate), shown, Date.now())).toEqual({
      is: 'stranger',
      why: 'the one that is known has ended',
    });
  });
});
