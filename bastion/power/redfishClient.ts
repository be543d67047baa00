// Asks a Redfish service as each of them wants to be asked: with the ETag that it gave, with or without a slash at the end, and
// again after a while where it is busy.
import { setTimeout as sleep } from 'node:timers/promises';
import { type Answer, ask, type Host, pathAt } from './https.ts';
import { PowerTrouble } from './trouble.ts';
import type { Waits } from './waits.ts';

export type Json = Readonly<Record<string, unknown>>;

/** It is there, and wants to be asked later. */
const BUSY = [409, 423, 429, 503];
/** HPE says so in the body of a 400. */
const BUSY_WORDS = /UnableToModifyDuringSystemPOST|ResourceInUse|ServiceTemporarilyUnavailable/;

const isBusy = ({ status, body }: Answer): boolean =>
  BUSY.includes(status) || (status >= 400 && BUSY_WORDS.test(JSON.stringify(body ?? null)));

/** What a service says is wrong, on one line: of those that stand in its answer the first. */
function saidIn(body: unknown): string {
  const { error } = (body ?? {}) as {
    error?: { message?: unknown; '@Message.ExtendedInfo'?: { Message?: unknown }[] };
  };
  const said = error?.['@Message.ExtendedInfo']?.[0]?.Message ?? error?.message;
  return typeof said === 'string'
    ? `: ${said
        .replaceAll(/[\u0000-\u001f\u007f]+/g, ' ')
        .slice(0, 300)
        .replace(/\.$/, '')}`
    : '';
}

const isMap = (value: unknown): value is Json => typeof value === 'object' && value !== null && !Array.isArray(value);

export class RedfishClient {
  readonly #host: Host;
  readonly #waits: Waits;

  constructor(host: Host, waits: Waits) {
    this.#host = host;
    this.#waits = waits;
  }

  /** Reads what a link leads to. */
  async get(link: unknown): Promise<Json> {
    return (await this.#read(pathAt(this.#host, link))).body as Json;
  }

  async post(link: unknown, body: Json): Promise<void> {
    const path = pathAt(this.#host, link);
    this.#demandDone(path, await this.#patiently({ method: 'POST', path, body }));
  }

  /** Changes something as it was read: with its ETag, then with a strong one, then without any. Says whether it was taken. */
  async patch(link: unknown, body: Json): Promise<Answer> {
    const path = pathAt(this.#host, link);
    let answer: Answer | undefined;
    for (const etag of etagsOf(await this.#read(path))) {
      const headers = etag === undefined ? {} : { 'If-Match': etag };
      answer = await this.#patiently({ method: 'PATCH', path, body, headers });
      if (![412, 428].includes(answer.status)) break;
    }
    return answer!;
  }

  /** The same; throws PowerTrouble when it was not taken. */
  async demandPatch(link: unknown, body: Json): Promise<void> {
    this.#demandDone(String(link), await this.patch(link, body));
  }

  async #read(path: string): Promise<Answer> {
    const answer = await this.#patiently({ method: 'GET', path });
    this.#demandDone(path, answer);
    if (!isMap(answer.body))
      throw new PowerTrouble(`${this.#host.address} answers ${path} with what is no JSON of Redfish.`);
    return answer;
  }

  async #patiently(asking: Parameters<typeof ask>[1]): Promise<Answer> {
    for (let left = this.#waits.busyTimes; ; left -= 1) {
      const answer = await this.#either(asking);
      if (!isBusy(answer) || left === 0) return answer;
      await sleep(this.#waits.busy, undefined, { signal: this.#host.signal });
    }
  }

  /** With a slash at its end, or without, where there is nothing as it was written. */
  async #either(asking: Parameters<typeof ask>[1]): Promise<Answer> {
    const answer = await ask(this.#host, asking);
    if (answer.status !== 404) return answer;
    const { path } = asking;
    const other = await ask(this.#host, { ...asking, path: path.endsWith('/') ? path.slice(0, -1) : `${path}/` });
    return other.status === 404 ? answer : other;
  }

  #demandDone(path: string, { status, body }: Answer): void {
    if (status >= 200 && status < 300) return;
    const { address } = this.#host;
    if (status === 401 || status === 403)
      throw new PowerTrouble(
        `${address} does not let this user do that (${status})${saidIn(body)}. Check spec.bmc.user, and the Secret that spec.bmc.password names.`,
      );
    throw new PowerTrouble(`${address} answers ${path} with ${status}${saidIn(body)}.`);
  }
}

/** Weak ones are of no use to some, and some want none at all. */
function etagsOf({ headers, body }: Answer): (string | undefined)[] {
  const given = headers.etag ?? (body as Json)['@odata.etag'];
  if (typeof given !== 'string' || !/^[\x21-\x7e]+$/.test(given)) return [undefined];
  return given.startsWith('W/') ? [given, given.slice(2), undefined] : [given, undefined];
}
