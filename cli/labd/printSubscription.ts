// Subscriptions that people wrote: a line of JSON per event.
import { exits } from '../terminal/errors.ts';
import type { Asked } from './http.ts';
import type { Target } from './target.ts';

/** Prints what comes until labd ends it, or Ctrl-C does. Throws CliError. */
export async function printEvents(target: Target, request: Asked): Promise<void> {
  const { away, Cut, follow } = await import('./stream.ts');
  const { terminal } = target;
  terminal.onSignal('SIGINT', () => terminal.exit(exits.interrupted));
  try {
    for await (const result of follow(target, request, new AbortController().signal)) {
      terminal.out.write(`${JSON.stringify(result)}\n`);
    }
  } catch (error) {
    throw error instanceof Cut ? away(target, error) : error;
  }
}
