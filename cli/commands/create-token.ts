// lab create token: a credential for a program. Its secret alone goes to standard output, so that it can be caught.
import * as Args from '@oclif/core/args';
import * as Flags from '@oclif/core/flags';
import { LabCommand } from '../command/command.ts';
import { integer } from '../command/flags.ts';
import { seconds } from '../terminal/duration.ts';
import { CliError } from '../terminal/errors.ts';
import { CreateTokenDocument } from '../generated/documents.ts';
import type { Target } from '../labd/target.ts';
import { orProblem, typedFlags } from '../kinds/problems.ts';
import { programName } from '../terminal/programName.ts';
import { left } from '../terminal/text.ts';

/** What to do with a token: where it goes, and what to type. */
function nextOf(purpose: 'API' | 'BASTION' | 'AGENT', subject: string | undefined, { url, terminal }: Target): string {
  const labd = url.startsWith('https:') ? url : 'https://LABD:4443/graphql';
  if (purpose === 'API') return `Use it as LAB_TOKEN, or: ${programName(terminal)} login --token-stdin`;
  if (purpose === 'AGENT') return `Give it to the agent ${subject}, which joins with it at ${labd}`;
  return `Give it to the bastion as BASTION_TOKEN: lab-bastion --name ${subject} --labd ${labd}`;
}

export class CreateToken extends LabCommand {
  static override summary = 'Make a token.';
  static override description =
    'For the API with your permissions or those of --user, or to let a bastion or an agent join. The secret is printed once, alone, on standard output.';
  static override aliases = ['create:tokens'];
  static override examples = [
    '<%= config.bin %> create token ci --ttl 90d',
    '<%= config.bin %> create token --bastion north --uses 1 --ttl 1h',
    'BASTION_TOKEN=$(<%= config.bin %> create token --bastion north) lab-bastion --name north --labd https://labd:4443/graphql',
  ];
  static override args = { name: Args.string({ description: 'name of the token; one is made up when absent' }) };
  static override flags = {
    bastion: Flags.string({ description: 'let the bastion of this name join', exclusive: ['agent', 'user'] }),
    agent: Flags.string({ description: 'let the agent of this name join', exclusive: ['bastion', 'user'] }),
    user: Flags.string({ description: 'whose permissions it has; your own when absent' }),
    uses: integer({ description: 'how often it lets something join', min: 1 }),
    ttl: Flags.string({ description: 'how long it is good for, such as 90d; 90d for the API, 1h to join' }),
    cloud: Flags.string({ description: 'cloud it belongs to, and what joins with it' }),
    environment: Flags.string({ description: 'environment it belongs to, and what joins with it' }),
  };

  async run(): Promise<void> {
    const { args, flags } = await this.parse(CreateToken);
    const { bastion, agent, user, uses, ttl, cloud, environment } = flags;
    const subject = bastion ?? agent;
    if (uses !== undefined && subject === undefined)
      throw new CliError('usage', '--uses goes with --bastion or --agent.', 'Leave it out.');
    const purpose = bastion !== undefined ? 'BASTION' : agent !== undefined ? 'AGENT' : 'API';
    const given = { name: args.name, user: user && { name: user }, subject, uses, cloud, environment };
    const input = { purpose, ...given, ...(ttl === undefined ? {} : { ttl: seconds('ttl', ttl) }) } as const;
    const client = await this.client(flags);
    const { result } = await client.run(CreateTokenDocument, { input } as never);
    const { secret, token } = orProblem(result, 'CreatedToken', { ...typedFlags(flags), name: 'NAME' });
    this.terminal.err.write(
      `token/${token.name} created; it ends ${token.expiresAt ? left(token.expiresAt, this.terminal.now()) : 'never'}. Its secret is shown this once:\n`,
    );
    this.terminal.out.write(`${secret}\n`);
    this.terminal.err.write(`${nextOf(purpose, subject, client.target)}\n`);
  }
}
