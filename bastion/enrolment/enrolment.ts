// Enrolment with labd: exchanges a join token for a certificate, once, and keeps renewed ones.
import { createPrivateKey, generateKeyPairSync, X509Certificate, type KeyObject } from 'node:crypto';
import type { Logger } from 'pino';
import type { Clock } from '../../common/clock.ts';
import { isSignedBy, keyHashOf, type ShownAuthority, successionOf } from '../../common/succession.ts';
import { EnrolDocument } from '../generated/documents.ts';
import { ask } from './ask.ts';
import { loadPending, loadEnrolment, savePending, saveEnrolment, type StoredEnrolment } from './kept.ts';
import { connectPinned, NotLabd, type Pinned } from './pin.ts';
import { Refused } from './refused.ts';
import { requestFor } from './request.ts';
import { joinToken, readToken, type JoinToken, type TokenSource } from './token.ts';

export interface EnrolmentOptions extends TokenSource {
  dir: string;
  /** labd's GraphQL address */
  url: string;
  /** What this bastion is called; where nobody said, what its host is called */
  name: string;
  /** Nobody said how it is called: the token may */
  nameIsHosts?: boolean | undefined;
  /** Milliseconds for the connection to be ready, and for the answer to a request */
  timings: { connect: number; request: number };
  clock: Clock;
  log: Logger;
}

/** How the bastion proves itself on a connection: by a certificate, by a token that it shows, or not at all. */
export interface Proof {
  kept?: StoredEnrolment;
  bearer?: string;
}

export interface Enrolment {
  /** What the next connection is made with; enrols first when there is a token for that. Throws Refused, or an error. */
  proof(signal: AbortSignal): Promise<Proof>;
  /** Keeps a certificate that labd gave in place of the one there is, and the authority that it comes from. Throws Refused. */
  renewed(renewal: Given, key: KeyObject): Promise<void>;
}

/** What labd gives: a certificate, and the authority that labd is known by from then on. PEM. */
interface Given extends ShownAuthority {
  readonly certificate: string;
}

export const newKey = (): KeyObject => generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey;
const pemOf = (key: KeyObject): string => key.export({ type: 'pkcs8', format: 'pem' }).toString();

/** How to enrol a bastion that labd does not know (any more). */
export const howToEnrol = (name: string): string =>
  `Make a token with: lab create token --bastion ${name} – and start this bastion with it in BASTION_TOKEN, or in the file that --token-file names`;

export function createEnrolment(options: EnrolmentOptions): Enrolment {
  const { dir, clock, log } = options;
  const url = new URL(options.url);
  const secure = /^(https|wss):$/.test(url.protocol);
  let kept: StoredEnrolment | undefined;
  let loaded = false;

  /** The certificate that is there, if it still is one. */
  const usable = (): StoredEnrolment | undefined =>
    kept && Date.parse(new X509Certificate(kept.certificate).validTo) > clock.now() ? kept : undefined;

  /** The authority that labd is known by from now on, PEM: the known one, or a successor that it vouches for. */
  function followed(known: string, shown: ShownAuthority): string {
    const succession = successionOf(new X509Certificate(known), shown, clock.now());
    if (succession.is === 'stranger')
      throw new Refused(
        `labd at ${options.url} gives another authority than the one that is known here, and ${succession.why}: somebody may be in between. Nothing was kept`,
      );
    const isRoot = isSignedBy(new X509Certificate(known), new X509Certificate(known));
    return succession.is === 'same' && isRoot ? known : shown.authority;
  }

  async function join(token: JoinToken, signal: AbortSignal): Promise<StoredEnrolment> {
    if (!secure)
      throw new Refused(
        `A bastion enrols over TLS, and ${options.url} is not: give labd's TLS address, such as https://LABD:4443/graphql, in LAB_URL or --labd`,
      );
    if (token.keyHash === undefined)
      throw new Refused('The token is cut off: give it whole, with the dot and what follows it');
    const { connect: timeout } = options.timings;
    const now = clock.now();
    const pinned = await connectPinned({ url, keyHash: token.keyHash, timeout, signal, now }).catch(
      (error: unknown) => {
        throw error instanceof NotLabd ? new Refused(error.message) : error;
      },
    );
    try {
      return await exchange(token, pinned, signal);
    } finally {
      pinned.socket.on('error', () => {}).destroy();
    }
  }

  async function exchange(token: JoinToken, { socket, authority: known }: Pinned, signal: AbortSignal) {
    const { request: timeout } = options.timings;
    const begun = await loadPending(dir);
    const repeated = begun?.token === token.hash;
    const key = repeated ? begun.key : pemOf(newKey());
    if (!repeated) await savePending(dir, { key, token: token.hash });
    const { enrol } = await ask({ url, socket, timeout, signal }, EnrolDocument, {
      input: {
        kind: 'BASTION',
        token: token.text,
        csr: requestFor(createPrivateKey(key)),
        ...(options.nameIsHosts ? { hostname: options.name } : { name: options.name }),
      },
    });
    if (enrol.__typename !== 'Enrolment') {
      const earlier = repeated ? ' An earlier try with this token was interrupted.' : '';
      throw new Refused(`${enrol.message} ${enrol.remedy}${earlier}`);
    }
    const { name, certificate } = enrol;
    const authority = followed(known, enrol);
    const made = { name, key, certificate, authority, since: clock.now(), token: token.hash };
    await saveEnrolment(dir, made);
    log.info({ name, url: options.url }, `This bastion has enrolled as ${name}`);
    return made;
  }

  return {
    async proof(signal) {
      if (!loaded) kept = await loadEnrolment(dir);
      loaded = true;
      const text = await readToken(options);
      const token = joinToken(text);
      if (token && token.hash !== kept?.token) {
        try {
          kept = await join(token, signal);
        } catch (error) {
          // The certificate of an earlier enrolment is used until labd refuses it.
          if (!(error instanceof Refused) || !usable()) throw error;
          log.error({ url: options.url }, `This bastion keeps its enrolment as ${kept!.name}: ${error.message}`);
        }
      }
      if (!secure || !kept) {
        const bearer = token ? undefined : text;
        if (secure && bearer === undefined)
          throw new Refused(`This bastion has no certificate for ${options.url}. ${howToEnrol(options.name)}`);
        return bearer === undefined ? {} : { bearer };
      }
      if (!usable())
        throw new Refused(
          `The certificate of this bastion has ended: ${new X509Certificate(kept.certificate).validTo}, and by the clock here it is ${new Date(clock.now()).toISOString()}. Set the clock right if it is wrong. ${howToEnrol(kept.name)}`,
        );
      return { kept };
    },
    async renewed(renewal, key) {
      const { certificate } = renewal;
      const authority = followed(kept!.authority, renewal);
      if (authority !== kept!.authority)
        log.info(
          { keyHash: keyHashOf(new X509Certificate(authority)) },
          "labd's authority has a successor, which it vouches for",
        );
      kept = { ...kept!, certificate, authority, key: pemOf(key), since: clock.now() };
      await saveEnrolment(dir, kept);
    },
  };
}
