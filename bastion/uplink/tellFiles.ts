// Tells labd which files this bastion holds: once a session, and whenever that changes.
import { TellBastionFilesDocument } from '../generated/documents.ts';
import type { Connection, ConnectionEnded } from './connection.ts';
import type { UplinkContext } from './context.ts';
import { tell } from './tell.ts';

/** What machines are installed from. */
export interface HeldFiles {
  /** By the keys of common/install/held.ts; null for what installs nothing */
  keys(): Promise<string[] | null>;
  /** Calls whenever that may have changed; returns how to have it end */
  onChanged(listener: () => void): () => void;
}

/** Ends by throwing, when the connection does. */
export async function tellFiles(
  context: UplinkContext,
  on: Connection,
  bastion: string,
  epoch: number,
): Promise<never> {
  const { files, timings, sleep } = context;
  let wake = () => {};
  let told: string | undefined;
  const stop = files.onChanged(() => wake());
  let ended: ConnectionEnded | undefined;
  void on.ended.then((reason) => {
    ended = reason;
    wake();
  });
  try {
    for (;;) {
      // What comes while this is told wakes it at once.
      const changed = new Promise<void>((resolve) => (wake = resolve));
      const keys = await files.keys();
      const said = JSON.stringify(keys);
      const ask = async () => {
        const input = { bastion, epoch, files: keys && [...keys] };
        return (await on.request(TellBastionFilesDocument, { input })).tellBastionFiles;
      };
      if (said !== told && (await tell(context, 'which files are here', ask))) told = said;
      // Nobody says it when somebody removes a file from the directory.
      await Promise.race([changed, sleep(timings.site)]);
      if (ended) throw ended;
    }
  } finally {
    stop();
  }
}
