// What every command has: the flags that name a labd, and a client for it.
import { Command, Flags } from '@oclif/core';
import { type Client, openClient } from './labd/client.ts';
import { findTarget, type TargetFlags } from './labd/target.ts';

export const targetFlags = {
  context: Flags.string({ description: 'context of the configuration to use (LAB_CONTEXT)', helpGroup: 'GLOBAL' }),
  labd: Flags.string({ description: 'URL of labd, instead of a context (LAB_URL)', helpGroup: 'GLOBAL' }),
  token: Flags.string({ description: 'token to sign in with (LAB_TOKEN)', helpGroup: 'GLOBAL' }),
};

/** A command that talks to a labd. */
export abstract class LabCommand extends Command {
  static override baseFlags = targetFlags;

  /** Opens a client for the labd that the flags, the environment or the configuration name. */
  protected async client(flags: TargetFlags): Promise<Client> {
    return openClient(await findTarget(flags));
  }
}
