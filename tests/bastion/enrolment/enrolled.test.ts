// What becomes of an enrolment: interrupted, renewed, replaced, revoked, ended.
import { X509Certificate } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { loadEnrolment } from '../../../bastion/enrolment/kept.ts';
import { renewAt } from '../../../bastion/uplink/renewal.ts';
import { authorityOf, makeAuthority } from '../../../server/domain/access/authority.ts';
import {
  bastion,
  dir,
  heard,
  keyIn,
  keys,
  labd,
  publicKeys,
  restart,
  said,
  serve,
  start,
  tokenFor,
} from '../joining.ts';
import { macOf, post, until } from '../support.ts';
import { realSystem } from '../../../common/system.ts';

describe('an enrolment', () => {
  test('whose answer was lost is asked for again with the same key, also after kill -9', async () => {
    await serve();
    labd.loseEnrolments = true;
    const token = tokenFor();
    await start({ token });
    await until(() => labd.enrolled.length >= 1);
    // What a kill leaves behind is what is on disk at this moment.
    const begun = await keyIn('enrolling.json');
    await bastion!.stop();
    labd.loseEnrolments = false;
    await start({ token });
    await until(() => labd.opened.length === 1);
    expect(publicKeys(labd)).toHaveLength(1);
    expect(await keyIn('identity.json')).toBe(begun);
  });

  test('that is not replaced, because labd does not take the new token, goes on', async () => {
    await serve();
    await start({ token: tokenFor() });
    await until(() => labd.opened.length === 1);
    labd.onEnrol = () => ({
      __typename: 'InvalidInput',
      message: 'No.',
      remedy: 'Make another.',
      field: 'input.token',
    });
    await restart({ token: tokenFor() });
    await until(() => labd.opened.length === 2);
    expect(said()).toContain('This bastion keeps its enrolment');
  });

  test('that was revoked is tried again rarely, and never made anew by the bastion itself', async () => {
    await serve();
    const token = tokenFor();
    await start({ token, name: 'site-1', timings: { refused: 30 } });
    await until(() => labd.opened.length === 1);
    labd.closeWith = 4401;
    labd.cut();
    await heard('lab create token --bastion site-1');
    expect(await post(bastion!.url, '/api/discover', { mac: macOf(1) })).toMatchObject({ status: 202 });
    const tries = labd.peers.length;
    await until(() => labd.peers.length >= tries + 2);
    await restart({ token });
    await until(() => labd.peers.length >= tries + 3);
    expect(labd.enrolled).toHaveLength(1);
    expect(labd.opened).toHaveLength(1);
    const another = tokenFor();
    labd.closeWith = undefined;
    await restart({ token: another });
    await until(() => labd.items.length === 1);
    expect(labd.enrolled.map((input) => input.token)).toEqual([token, another]);
  });

  test('whose certificate has ended is not tried, and says how to come back', async () => {
    await serve({ authority: await authorityOf(keys, realSystem, { certificateLife: 1500 }) });
    await start({ token: tokenFor(), name: 'site-1', clock: { now: () => Date.now() + 3_600_000, random: () => 0 } });
    await heard(/The certificate of this bastion has ended.*lab create token --bastion site-1/);
    expect(labd.opened).toEqual([]);
  });

  test('is renewed over its own connection, with another key, and goes on with that', async () => {
    await serve({ authority: await authorityOf(keys, realSystem, { certificateLife: 3_000 }) });
    await start({ token: tokenFor() });
    await until(() => labd.opened.length === 1);
    const first = await keyIn('identity.json');
    await until(() => labd.renewed.length >= 1 && labd.opened.length >= 2);
    expect(await keyIn('identity.json')).not.toBe(first);
    expect(labd.peers.every((peer) => peer !== undefined)).toBe(true);
    const [before, after] = labd.peers.map((peer) => peer!.expiresAt.getTime());
    expect(after).toBeGreaterThan(before!);
    expect(labd.enrolled).toHaveLength(1);
  });

  test('is renewed at two thirds of its life, or a little before', async () => {
    await serve();
    await start({ token: tokenFor() });
    await until(() => labd.opened.length === 1);
    const { certificate, since } = (await loadEnrolment(dir))!;
    const life = Date.parse(new X509Certificate(certificate).validTo) - since;
    expect(renewAt({ certificate, since }, 0) - since).toBeCloseTo((life * 2) / 3, 0);
    const early = renewAt({ certificate, since }, 0.999) - since;
    expect(early).toBeGreaterThan(life / 2);
    expect(early).toBeLessThan((life * 2) / 3);
  });

  test('is checked against the authority that it came from, at every connection', async () => {
    await serve();
    const { port } = labd;
    await start({ token: tokenFor() });
    await until(() => labd.opened.length === 1);
    await labd.stop();
    await serve({ port, authority: await authorityOf(await makeAuthority(realSystem), realSystem) });
    await heard(/self-signed certificate|unable to verify|certificate/i);
    expect(labd.opened).toEqual([]);
    expect(labd.peers).toEqual([]);
    await labd.stop();
    await serve({ port });
    await until(() => labd.opened.length === 1);
  });
});
