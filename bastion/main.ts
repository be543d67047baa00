#!/usr/bin/env node
// The executable lab-bastion.
import { destination, pino, stdTimeFunctions } from 'pino';
import { CannotListen } from './api/listener.ts';
import { startBastion } from './bastion.ts';
import { HELP, readCommand, UsageError, type Command } from './options.ts';
import { DirectoryInUse, DirectoryUnusable } from './state/lock.ts';
import { software } from './version.ts';

// The parent's pipe would keep this process up.
process.exit(await main());

/** Runs until it is told to end. Returns the exit code. */
async function main(): Promise<number> {
  let command: Command;
  try {
    command = readCommand(process.argv.slice(2), process.env);
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    console.error(`lab-bastion: ${error.message}`);
    return 2;
  }
  if ('print' in command) {
    console.log({ help: HELP, version: software }[command.print]);
    return 0;
  }
  // Written at once: what a crash was about must not be lost in a buffer.
  const log = pino(
    { base: null, timestamp: stdTimeFunctions.isoTime, formatters: { level: (level) => ({ level }) } },
    destination({ dest: 2, sync: true }),
  );
  const endReason = endRequested();
  try {
    const bastion = await startBastion({ ...command.run, log });
    log.info({ reason: await endReason }, 'Stopping');
    await bastion.stop();
    return 0;
  } catch (error) {
    // What a person can mend is one line that says how; anything else is a bug, with its stack.
    const mendable = [CannotListen, DirectoryInUse, DirectoryUnusable].some((kind) => error instanceof kind);
    if (mendable) console.error(`lab-bastion: ${(error as Error).message}`);
    else log.fatal({ err: error }, 'The bastion could not go on');
    return 1;
  }
}

/** Resolves with the reason when this process is to end: a signal, or the end of the parent that holds our input. */
function endRequested(): Promise<string> {
  return new Promise((resolve) => {
    process.once('SIGTERM', () => resolve('SIGTERM'));
    process.once('SIGINT', () => resolve('SIGINT'));
    if (process.env['LAB_EXIT_WITH_PARENT'] !== '1') return;
    process.stdin.once('end', () => resolve('the parent ended'));
    process.stdin.once('error', () => resolve('the parent ended'));
    process.stdin.resume();
  });
}
