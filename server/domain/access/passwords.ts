// Passwords: argon2id, a few at a time, since each takes 19 MiB and a core for some tens of milliseconds.
import { hash, verify } from '@node-rs/argon2';
import { InvalidInput } from '../errors.ts';
import { createTurns } from '../turns.ts';

const SHORTEST = 12;
const LONGEST = 256;
/** Passwords that are worked on at once; the rest waits its turn. */
const AT_ONCE = 2;

const inTurn = createTurns(AT_ONCE);

/** Throws InvalidInput for a password that is too easy to guess, or too long to be one. */
export function checkPassword(field: string, password: string): void {
  const length = [...password].length;
  if (length >= SHORTEST && length <= LONGEST) return;
  throw new InvalidInput(
    field,
    `A password of ${length} characters is too ${length < SHORTEST ? 'short' : 'long'}.`,
    `Use ${SHORTEST} to ${LONGEST} characters; a few words do well.`,
  );
}

/** What is kept of a password, in PHC format: argon2id, 19 MiB, two passes (as OWASP has it). */
export const hashPassword = (password: string): Promise<string> => inTurn(() => hash(password));

let decoy: Promise<string> | undefined;

/** Whether a password is the one whose hash was kept. Without one it takes just as long, and is wrong. */
export async function isPassword(kept: string | null | undefined, password: string): Promise<boolean> {
  const against = kept ?? (await (decoy ??= hashPassword('no password is this one')));
  const right = await inTurn(() => verify(against, password.slice(0, 4 * LONGEST)));
  return right && kept != null;
}
