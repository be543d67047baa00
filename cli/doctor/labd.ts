// labd: whether it answers, is ready, is of this version, knows us, and agrees on the time.
import { request as overHttp } from 'node:http';
import packageJson from '../../package.json' with { type: 'json' };
import {
  AuthorityDocument,
  type AuthorityQuery,
  ExamineDocument,
  ExamineLabdDocument,
  type ExamineLabdQuery,
  type ExamineQuery,
} from '../generated/documents.ts';
import { openClient } from '../labd/client.ts';
import { authorityOf } from '../labd/http.ts';
import type { Target } from '../labd/target.ts';
import { harmless, left } from '../terminal/text.ts';
import { failure, failureOf, type Finding, ok, warning } from './finding.ts';

/** Milliseconds of difference between two clocks that nobody has to know of. */
const SKEW = 5_000;

/** Milliseconds before its end in which a credential should be renewed. */
const SOON = 3 * 86_400_000;

/** Milliseconds before its end in which labd's authority should be replaced. */
const ROTATE_BEFORE = 365 * 86_400_000;

/** Digits of a key's hash that tell it from others. */
const SHORT = 16;

const loopback = /^(localhost|127(\.\d+){3}|\[::1\])$/;

/** Finds what is wrong between here and labd; returns whether there is more to ask it. */
export async function* examineLabd(target: Target): AsyncGenerator<Finding, boolean> {
  const { protocol, hostname } = new URL(target.url);
  if (protocol === 'http:' && !loopback.test(hostname))
    yield warning(
      `What is said to ${hostname} can be read on the way`,
      (lab) => `Use its TLS address: ${lab} login --labd https://${hostname}:4443/graphql`,
    );
  const client = openClient(target);
  const known = await client.run(ExamineDocument, {}).catch(failureOf);
  if ('how' in known) {
    yield known;
    return false;
  }
  yield* clock(target);
  yield* caller(known.me, target.terminal.now());
  if (known.me.permissions.length === 0) return false;
  const found = await client.run(ExamineLabdDocument, {}).catch(failureOf);
  if ('how' in found) yield found;
  else {
    yield* version(found.about);
    for (const problem of found.about.problems) yield warning(harmless(problem));
    if (!found.about.secretsEncrypted)
      yield warning(
        "The key of labd's authority lies in its database unencrypted, and labd stores no other secrets",
        'Start each labd with one and the same LABD_KEY, or LABD_KEY_FILE; make it with: openssl rand -base64 32',
      );
  }
  const shown = await client.run(AuthorityDocument, {}).catch(failureOf);
  if ('how' in shown) yield shown;
  else yield* authority(shown.authority, target.terminal.now());
  return true;
}

function* version({ version: theirs, engine }: ExamineLabdQuery['about']): Generator<Finding> {
  const ours = packageJson.version;
  yield theirs === ours
    ? ok(`labd ${theirs} (${engine}) answers`)
    : warning(
        `labd is ${theirs}, and lab is ${ours}`,
        'They work together where both know what is asked; make them the same.',
      );
}

function* authority({ keyHash, expiresAt, replaced }: AuthorityQuery['authority'], now: number): Generator<Finding> {
  const key = keyHash.slice(0, SHORT);
  yield new Date(expiresAt).getTime() - now < ROTATE_BEFORE
    ? warning(
        `labd's authority (${key}) ends ${left(expiresAt, now)}`,
        'Replace it on the machine of a labd: labd rotate-authority',
      )
    : ok(`labd's authority has the key ${key}`);
  for (const { keyHash: earlier, endsAt } of replaced)
    yield ok(`The authority before it (${earlier.slice(0, SHORT)}) ends ${left(endsAt, now)}`);
}

async function* clock(target: Target): AsyncGenerator<Finding> {
  const url = new URL('/healthz', target.url);
  const secure = url.protocol === 'https:';
  const request = secure ? (await import('node:https')).request : overHttp;
  const date = await new Promise<string | undefined>((resolve) => {
    const asked = request(url, { agent: false, timeout: 5_000, ...(secure ? authorityOf(target) : {}) }, (response) => {
      response.resume();
      resolve(response.headers.date);
    });
    asked.on('timeout', () => asked.destroy());
    asked.on('error', () => resolve(undefined));
    asked.end();
  });
  if (date === undefined) return;
  // The header has whole seconds.
  const skew = target.terminal.now() - Date.parse(date);
  if (skew < -SKEW || skew > SKEW + 1000)
    yield warning(
      `The clock here is ${Math.round(Math.abs(skew) / 1000)} s ${skew < 0 ? 'behind' : 'ahead of'} labd's`,
      'Ages and times that are counted from now are as wrong; set the clock, as with NTP.',
    );
  else yield ok("The clock agrees with labd's");
}

function* caller({ kind, name, permissions, expiresAt }: ExamineQuery['me'], now: number): Generator<Finding> {
  const ends = expiresAt && new Date(expiresAt).getTime() - now;
  if (permissions.length === 0)
    yield failure(`${name} may do nothing`, (lab) => `Ask an administrator for a role: ${lab} auth bind ${name} ROLE`);
  else if (ends && ends < SOON)
    yield warning(`The sign-in of ${name} expires ${left(expiresAt, now)}`, (lab) => `Sign in anew: ${lab} login`);
  else yield ok(`Signed in as ${kind.toLowerCase()} ${name}`);
}
