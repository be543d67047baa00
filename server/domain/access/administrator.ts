// Creates the first administrator when labd starts on a database without users, and writes its token to a file, so that
// whoever owns the machine can sign in.
import { chmod, mkdir, open, rename } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { Database, Origin } from '../../store/types.ts';
import { placeIn, record } from '../objects/objects.ts';
import { mint } from './secrets.ts';

const NAME = 'admin';
const origin: Origin = { actor: 'labd', action: 'makeAdministrator', requestId: '', address: '' };

/** Writes a file that only its owner may read, whole or not at all. */
async function keepSecret(file: string, text: string): Promise<void> {
  await mkdir(dirname(file), { recursive: true, mode: 0o700 });
  const draft = `${file}.${process.pid}`;
  const handle = await open(draft, 'w', 0o600);
  try {
    await handle.writeFile(`${text}\n`);
    await handle.sync();
  } finally {
    await handle.close();
  }
  await chmod(draft, 0o600);
  await rename(draft, file);
}

/**
 * Makes the user `admin`, with the role admin and a token that does not expire, when there is no user at all, or when
 * the token is lost (`anew`). The file is written before the token is valid. Returns whether one was made.
 */
export async function ensureAdministrator(db: Database, file: string, { anew = false } = {}): Promise<boolean> {
  if (!anew && (await db.prisma.user.count()) > 0) return false;
  const { text, hash, shown } = mint('lab_pat');
  await keepSecret(file, text);
  const { value } = await db.write(
    origin,
    async (tx) => {
      // Another labd on the same database may have been quicker.
      if (!anew && (await tx.client.user.count()) > 0) return false;
      const role = await tx.client.role.findUniqueOrThrow({ where: { name: 'admin' } });
      let user = await tx.client.user.findUnique({ where: { name: NAME } });
      if (!user) {
        user = await tx.client.user.create({ data: { name: NAME } });
        record(tx, 'User', placeIn(user), null, user);
      } else if (user.disabledAt) {
        const before = user;
        user = await tx.client.user.update({
          where: { id: user.id },
          data: { disabledAt: null, version: { increment: 1 } },
        });
        record(tx, 'User', placeIn(user), before, user);
      }
      const both = { userId: user.id, roleId: role.id };
      if (!(await tx.client.roleBinding.findFirst({ where: both }))) {
        const binding = await tx.client.roleBinding.create({ data: { ...both, grantedBy: 'labd' } });
        record(tx, 'RoleBinding', placeIn(user), null, binding);
      }
      const token = await tx.client.token.create({
        data: { name: `admin-${hash.slice(0, 6)}`, purpose: 'API', userId: user.id, prefix: shown, tokenHash: hash },
      });
      record(tx, 'Token', placeIn(token), null, token);
      return true;
    },
    { lockHead: true },
  );
  return value;
}
