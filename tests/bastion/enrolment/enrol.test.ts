// How a bastion joins, and when it does not.
import { createHash, X509Certificate } from 'node:crypto';
import { readFile, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { newKey } from '../../../bastion/enrolment/enrolment.ts';
import { loadEnrolment } from '../../../bastion/enrolment/kept.ts';
import { requestFor } from '../../../bastion/enrolment/request.ts';
import { authorityOf, makeAuthority, type Authority } from '../../../server/domain/access/authority.ts';
import { mint } from '../../../server/domain/access/secrets.ts';
import {
  authority,
  bastion,
  dir,
  heard,
  ID,
  keyIn,
  labd,
  publicKeys,
  restart,
  said,
  serve,
  start,
  tokenFor,
} from '../joining.ts';
import { getJson, macOf, post, until } from '../support.ts';
import { realSystem } from '../../../common/system.ts';

describe('a bastion with a token', () => {
  test('enrols, and is known by its certificate from then on', async () => {
    await serve();
    const token = tokenFor();
    await start({ token, name: 'site-1' });
    await until(() => labd.opened.length === 1);
    expect(labd.enrolled).toMatchObject([{ kind: 'BASTION', token, name: 'site-1' }]);
    expect(labd.enrolled[0]).not.toHaveProperty('hostname');
    expect(labd.peers).toMatchObject([{ kind: 'bastion' }]);
    expect(labd.connectionParams).toEqual([undefined]);
    expect(await post(bastion!.url, '/api/discover', { mac: macOf(1) })).toMatchObject({ status: 202 });
    await until(() => labd.items.length === 1);
    expect(said()).not.toContain(token.slice(0, 20));
  });

  test('keeps its key to itself, and all of it where only its user reads', async () => {
    await serve();
    const token = tokenFor();
    await start({ token });
    await until(() => labd.opened.length === 1);
    const path = join(dir, 'identity.json');
    expect((await stat(path)).mode & 0o777).toBe(0o600);
    const text = await readFile(path, 'utf8');
    expect(text).not.toContain(token.slice(9, 40));
    const { key, certificate, authority: ca } = (await loadEnrolment(dir))!;
    expect(new X509Certificate(certificate).checkIssued(new X509Certificate(ca))).toBe(true);
    expect(labd.enrolled[0]!.csr).not.toContain(key.split('\n')[1]);
    await expect(stat(join(dir, 'enrolling.json'))).rejects.toMatchObject({ code: 'ENOENT' });
  });

  test('enrols once: it connects again without the token, and with it', async () => {
    await serve();
    const token = tokenFor();
    await start({ token });
    await until(() => labd.opened.length === 1);
    await restart({ token: undefined });
    await until(() => labd.opened.length === 2);
    await restart({ token });
    await until(() => labd.opened.length === 3);
    expect(labd.enrolled).toHaveLength(1);
    expect(new Set(labd.peers.map((peer) => peer?.id)).size).toBe(1);
  });

  test('enrols anew when it is given another one', async () => {
    await serve();
    await start({ token: tokenFor() });
    await until(() => labd.opened.length === 1);
    const first = await keyIn('identity.json');
    await restart({ token: tokenFor() });
    await until(() => labd.opened.length === 2);
    expect(labd.enrolled).toHaveLength(2);
    expect(await keyIn('identity.json')).not.toBe(first);
  });

  test('is called what the token says where nobody said', async () => {
    await serve();
    labd.onEnrol = ({ csr }) => {
      labd.onEnrol = undefined;
      return authority
        .sign(csr, {
          kind: 'bastion',
          id: ID,
          name: 'the-tokens',
          enrolment: ID,
        })
        .then(({ certificate }) => ({
          __typename: 'Enrolment',
          name: 'the-tokens',
          certificate,
          authority: authority.certificate,
          crossCertificates: [],
        })) as never;
    };
    await start({ token: tokenFor(), name: 'my-host', nameIsHosts: true });
    await until(() => labd.opened.length === 1);
    expect(labd.enrolled).toMatchObject([{ hostname: 'my-host' }]);
    expect(labd.enrolled[0]).not.toHaveProperty('name');
    expect(labd.opened[0]).toMatchObject({ name: 'the-tokens' });
  });

  test('takes it from a file, also when that comes later', async () => {
    await serve();
    const tokenFile = join(dir, 'token');
    await start({ tokenFile, timings: { refused: 20 } });
    await heard('has no certificate');
    await writeFile(tokenFile, `${tokenFor()}\n`);
    await until(() => labd.opened.length === 1);
    await rm(tokenFile);
    await restart({ tokenFile });
    await until(() => labd.opened.length === 2);
    expect(labd.enrolled).toHaveLength(1);
  });
});

describe('a bastion does not enrol', () => {
  /** No one asked anything, and everything is kept all the same. */
  const nothingWasSent = async () => {
    expect(labd.enrolled).toEqual([]);
    expect(labd.opened).toEqual([]);
    expect(await post(bastion!.url, '/api/discover', { mac: macOf(1) })).toMatchObject({ status: 202 });
    expect(await getJson(bastion!.url, '/healthz')).toMatchObject({ uplink: 'closed', waiting: 1 });
  };

  test('where labd has another authority than the token says', async () => {
    await serve({ authority: await authorityOf(await makeAuthority(realSystem), realSystem) });
    await start({ token: tokenFor() });
    await heard('its authority has another key');
    await nothingWasSent();
  });

  test("where labd's authority is shown, but its certificate is another's", async () => {
    const foreign = await authorityOf(await makeAuthority(realSystem), realSystem);
    // The chain ends in the authority that is looked for; what it is about was signed by somebody else.
    const posing = {
      ...foreign,
      issueServer: async (server: { hosts: readonly string[] }) => {
        const made = await foreign.issueServer(server);
        return { ...made, certificate: made.certificate + authority.certificate };
      },
    };
    await serve({ authority: posing });
    await start({ token: tokenFor() });
    await heard(/its authority has another key|no certificate that labd has from it/);
    await nothingWasSent();
  });

  test('where another bastion poses as labd, under its name', async () => {
    const key = newKey();
    const subject = { kind: 'bastion', id: ID, name: 'localhost', enrolment: ID } as const;
    const { certificate } = await authority.sign(requestFor(key), subject);
    const posing: Authority = {
      ...authority,
      issueServer: async (server) => ({
        ...(await authority.issueServer(server)),
        certificate: certificate + authority.certificate,
        key: key.export({ type: 'pkcs8', format: 'pem' }).toString(),
      }),
    };
    await serve({ authority: posing });
    await start({ token: tokenFor(), labd: labd.url.replace('127.0.0.1', 'localhost') });
    await heard('no certificate that labd has from it');
    await nothingWasSent();
  });

  test('where labd does not go by that name', async () => {
    await serve({ hosts: ['labd.example'] });
    await start({ token: tokenFor() });
    await heard('LABD_ALLOWED_HOSTS=127.0.0.1');
    await nothingWasSent();
  });

  test('with a token that is cut off, or over plain HTTP', async () => {
    await serve();
    await start({ token: mint('lab_join').text });
    await heard('The token is cut off');
    await nothingWasSent();
    await restart({ token: tokenFor(), labd: labd.url.replace('https', 'http') });
    await heard("give labd's TLS address");
  });

  test('without a token, and says how to get one', async () => {
    await serve();
    await start({ name: 'site-1' });
    await heard('lab create token --bastion site-1');
    await nothingWasSent();
  });

  test('with a token that labd does not take, and says what labd said', async () => {
    await serve();
    labd.onEnrol = () => ({
      __typename: 'InvalidInput',
      message: 'It was used up.',
      remedy: 'Make another.',
      field: 'input.token',
    });
    await start({ token: tokenFor(), timings: { refused: 20 } });
    await heard('It was used up. Make another.');
    expect(labd.opened).toEqual([]);
    // The key that it began with is kept: asking again is the same question.
    await until(() => labd.enrolled.length >= 2);
    expect(publicKeys(labd)).toHaveLength(1);
  });
});

test('a token for another purpose is shown to labd, as it always was', async () => {
  await serve({ authority: undefined });
  const token = `lab_bst_${createHash('sha256').update('x').digest('hex')}`;
  await start({ token });
  await until(() => labd.opened.length === 1);
  expect(labd.connectionParams).toEqual([{ Authorization: `Bearer ${token}` }]);
  expect(labd.enrolled).toEqual([]);
});
