// Creates the first administrator when labd starts on a database without users, and leaves its token in a file, so that
// whoever owns the machine can sign in. Of several labd that start at once one makes it, and the others say where it is.
import type { Database, Origin, Writer } from '../../store/types.ts';
import { placeIn, record } from '../objects/objects.ts';
import { labelColumns } from '../objects/validate.ts';
import { mint, type Minted } from './secrets.ts';
import { draftsOf, dropDraft, hashIn, publishDraft, TokenFileUnusable, writeDraft } from './tokenFile.ts';

const NAME = 'admin';
/** The label of its token that names the host whose labd left it in a file. */
const LEFT_ON = 'left-on';
const origin: Origin = { actor: 'labd', action: 'makeAdministrator', requestId: '', address: '' };

/** Where and how its token is left. */
export interface Leaving {
  /** The file that the token is left in */
  readonly file: string;
  /** What this machine is called */
  readonly host: string;
  /** Make another token, because that is lost */
  readonly anew?: boolean;
}

/**
 * Makes the user `admin`, with the role admin and a token that does not expire, when there is no user at all, or when
 * the token is lost (`anew`). The file appears once the transaction has decided; a crash between the two leaves a draft
 * beside it, which the next start makes the file. Says in the log where the token is. Returns whether one was made.
 * Throws TokenFileUnusable.
 */
export async function ensureAdministrator(db: Database, { file, host, anew = false }: Leaving): Promise<boolean> {
  if (anew || (await db.prisma.user.count()) === 0) {
    const secret = mint('lab_pat');
    const draft = await writeDraft(file, secret.text, db.system.uuid());
    const made = await make(db, secret, host, anew).catch(async (error: unknown) => {
      // Whether a COMMIT that got no answer took place may show later: the draft is kept until then.
      if ((error as { ambiguous?: boolean }).ambiguous !== true) await dropDraft(draft);
      throw error;
    });
    if (made) {
      // Another labd that shares the folder may have seen the commit, and made the draft the file already.
      if (!(await publishDraft(draft, file)) && (await hashIn(file)) !== secret.hash)
        await publishDraft(await writeDraft(file, secret.text, db.system.uuid()), file);
      db.logger.info({ file }, 'The administrator "admin" was made: its token is in the file');
      return true;
    }
    await dropDraft(draft);
  }
  await finishDrafts(db, file);
  await sayWhere(db, file);
  return false;
}

async function make(db: Database, secret: Minted, host: string, anew: boolean): Promise<boolean> {
  const work = async (tx: Writer) => {
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
    const { hash: tokenHash, shown: prefix } = secret;
    const name = `admin-${tokenHash.slice(0, 6)}`;
    const labels = { [LEFT_ON]: asLabel(host) };
    const token = await tx.client.token.create({
      data: { name, purpose: 'API', userId: user.id, prefix, tokenHash, labels, ...labelColumns(labels) },
    });
    record(tx, 'Token', placeIn(token), null, token);
    return true;
  };
  return (await db.write(origin, work, { lockHead: true })).value;
}

/** A host's name as the value of a label. */
const asLabel = (host: string): string =>
  host
    .replaceAll(/[^\w.-]/g, '-')
    .slice(0, 63)
    .replaceAll(/^[^A-Za-z0-9]+|[^A-Za-z0-9]+$/g, '');

const isGood = async (db: Database, hash: string): Promise<boolean> =>
  (await db.prisma.token.count({ where: { tokenHash: hash, purpose: 'API' } })) > 0;

/** Drafts whose token was committed become the file; no other can, since there is a user now. */
async function finishDrafts(db: Database, file: string): Promise<void> {
  for (const draft of await draftsOf(file)) {
    const hash = await hashIn(draft);
    if (hash != null && (await isGood(db, hash))) {
      await publishDraft(draft, file).catch((error: unknown) => {
        if (!(error instanceof TokenFileUnusable)) throw error;
        db.logger.warn({ reason: error.message }, "The administrator's token was made, and cannot be put in its file");
      });
    } else await dropDraft(draft).catch(() => {});
  }
}

/** Says where the token is that this labd did not make, as long as anybody may still be looking for it. */
async function sayWhere(db: Database, file: string): Promise<void> {
  const hash = await hashIn(file);
  if (hash != null && (await isGood(db, hash))) {
    db.logger.info({ file }, 'There is an administrator already: its token is in the file');
    return;
  }
  if (hash !== undefined) {
    db.logger.warn(
      { file },
      'What is in the file is no token of this database: remove the file, and make one with labd --new-admin-token',
    );
    return;
  }
  const left = await db.prisma.token.findFirst({
    where: { user: { name: NAME }, labelTokens: { has: LEFT_ON } },
    orderBy: [{ createdAt: 'desc' }, { id: 'desc' }],
  });
  const on = (left?.labels as Record<string, string> | undefined)?.[LEFT_ON];
  const where =
    on === undefined ? '' : `: the labd on ${on} left its token in the file that LABD_ADMIN_TOKEN names there`;
  db.logger.info(
    { file, ...(on === undefined ? {} : { host: on }) },
    `There is an administrator already${where}. If that is lost, make another with labd --new-admin-token`,
  );
}
