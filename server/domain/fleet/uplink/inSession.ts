// What a bastion says of itself counts in its latest session alone.
import type { Bastion } from '../../../store/generated/client.ts';
import type { Database, Origin, Writer } from '../../../store/types.ts';
import { Ledger } from '../../ledger/ledger.ts';
import type { FleetSettings } from '../../ledger/settings.ts';
import { select } from '../../ledger/sql.ts';
import { fenced, unknownBastion, type UplinkFenced } from '../contract/results.ts';
import { latestSessions } from './sessions.ts';

/** Does work with a ledger that has the bastion, and writes it; `bastion` is the bare uuid. */
export async function inSession<T>(
  db: Database,
  origin: Origin,
  { bastion, epoch }: { readonly bastion: string; readonly epoch: number },
  settings: FleetSettings,
  work: (tx: Writer, ledger: Ledger, row: Bastion) => Promise<T>,
): Promise<T | UplinkFenced> {
  const whole = async (tx: Writer): Promise<T | UplinkFenced> => {
    const session = (await latestSessions(tx.client, [bastion])).get(bastion);
    const ledger = new Ledger(settings.now(), settings.ids);
    const [row] = ledger.load('Bastion', await select(tx.client, 'Bastion', 't.id = $1::uuid', bastion));
    if (!session || !row) return unknownBastion(epoch);
    if (BigInt(epoch) !== session.epoch) return fenced(Number(session.epoch));
    const value = await work(tx, ledger, row);
    await ledger.flush(tx);
    return value;
  };
  return (await db.write(origin, whole, { lockHead: true })).value;
}
