// Fails the attempt whose order to install a bastion refused, with the bastion's reason.
import type { Origin, Writer } from '../../../store/types.ts';
import { endAttempt } from './attempts.ts';
import { isErrand } from './errands.ts';
import { giveTurns } from './turns.ts';
import { Ledger } from '../../ledger/ledger.ts';
import type { FleetSettings } from '../../ledger/settings.ts';
import { select } from '../../ledger/sql.ts';
import { assertTransition } from '../../../../common/install/transitions.ts';

const STAGE = 'queued';

/** Fails the attempt that an order to install was about, if it is still open: that is its bastion's doing. */
export async function failRefused(
  tx: Writer,
  origin: Origin,
  attemptId: string,
  message: string | null | undefined,
  settings: FleetSettings,
): Promise<void> {
  const ledger = new Ledger(settings.now(), settings.ids);
  ledger.onBehalfOf(origin);
  const open = 't.id = $1::uuid AND t.finished_at IS NULL';
  const [attempt] = ledger.load('InstallAttempt', await select(tx.client, 'InstallAttempt', open, attemptId));
  if (!attempt) return;
  const [server] = ledger.load('Server', await select(tx.client, 'Server', 't.id = $1::uuid', attempt.serverId));
  await endAttempt(tx, ledger, attempt, {
    outcome: 'FAILED',
    failureStage: STAGE,
    failureReason: message ?? 'The bastion would not install it, and did not say why.',
  });
  if (!isErrand(attempt))
    ledger.update('Server', server!.id, { status: assertTransition(server!, 'fail'), statusSince: ledger.now });
  await ledger.flush(tx);
  await giveTurns(tx, settings);
}
