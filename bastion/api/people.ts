// Who may ask what people ask: whoever has the directory, which means its socket, or the token that lies in it.
import { createHash, timingSafeEqual } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { join } from 'node:path';
import { readIfThere, writeWhole } from '../state/files.ts';
import { Refusal } from './refusal.ts';

/** Random bytes of the token. */
const BYTES = 32;
const FORM = /^lab_bastion_[\w-]{43}$/;

const tokenFile = (dir: string): string => join(dir, 'api.token');
const hash = (text: string): Buffer => createHash('sha256').update(text).digest();

/** Throws a Refusal with 403 for whoever may not. */
export type DemandPerson = (request: IncomingMessage) => void;

/** Reads the directory's token, or makes one; without one, on a disk that takes nothing, there is the socket alone. */
export async function openToPeople(
  dir: string,
  bytes: (size: number) => Buffer,
  warn: (message: string) => void,
): Promise<DemandPerson> {
  let wanted: Buffer | undefined;
  try {
    const kept = (await readIfThere(tokenFile(dir)))?.trim();
    const token = kept !== undefined && FORM.test(kept) ? kept : `lab_bastion_${bytes(BYTES).toString('base64url')}`;
    if (token !== kept) await writeWhole(tokenFile(dir), `${token}\n`);
    wanted = hash(token);
  } catch (error) {
    warn(`People can ask this bastion on its socket alone: ${(error as Error).message}`);
  }
  return ({ headers }) => {
    const token = /^Bearer +(\S+)$/i.exec(headers.authorization ?? '')?.[1];
    // Whoever can report a machine need not know all others.
    if (wanted === undefined || token === undefined || !timingSafeEqual(hash(token), wanted))
      throw new Refusal(
        403,
        'This is not shown here',
        'Ask labd: lab get servers, lab logs SERVER. On the bastion itself: curl --unix-socket DIR/api.sock http://bastion/api/machines, where DIR is its directory; elsewhere with Authorization: Bearer and the token in DIR/api.token.',
      );
  };
}
