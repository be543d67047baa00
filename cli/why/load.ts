// Reads what explains a server's status, and says it.
import { MayApplyDocument, WhyServerDocument, type WhyServerQuery } from '../generated/documents.ts';
import type { Client } from '../labd/client.ts';
import { programName } from '../terminal/programName.ts';
import { findServer } from '../objects/servers.ts';
import { harmless } from '../terminal/text.ts';
import { whyLines } from './rules.ts';

/** Why a server is not installed, in lines. Throws CliError when there is no such server. */
export async function explain(client: Client, called: string): Promise<string> {
  const server = await findServer(
    (by): Promise<WhyServerQuery> => client.run(WhyServerDocument, { by } as never),
    called,
  );
  const { terminal } = client.target;
  const { canI: may } = await client.run(MayApplyDocument, { name: server.name });
  return whyLines({ server, may, lab: programName(terminal), now: terminal.now() })
    .map((line) => `${harmless(line)}\n`)
    .join('');
}
