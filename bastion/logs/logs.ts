// The logs of all machines of a site: they follow the spool, so that what was acknowledged to a machine is in them.
import type { SpoolItem } from '../state/said.ts';
import type { LogFiles } from './logFiles.ts';
import { MachineLog, type Line, type StageSaid } from './machineLog.ts';

/** Logs that are held in memory; the others are read again from their files. */
const MOST_LOGS = 100;

export class Logs {
  readonly #files: LogFiles;
  readonly #logs = new Map<string, MachineLog>();
  /** The boot MAC of the machine that has a NIC with this MAC */
  readonly #machineOf: (mac: string) => string;

  constructor(files: LogFiles, machineOf: (mac: string) => string) {
    this.#files = files;
    this.#machineOf = machineOf;
  }

  /** The log of the machine with this MAC, which may be empty. */
  of(mac: string): MachineLog {
    const machine = this.#machineOf(mac);
    const log = this.#logs.get(machine) ?? this.#read(machine);
    // The one that was used last is dropped last.
    this.#logs.delete(machine);
    this.#logs.set(machine, log);
    if (this.#logs.size > MOST_LOGS) this.#logs.delete(this.#logs.keys().next().value!);
    return log;
  }

  /** Takes what an item of the spool says of an install; any other changes nothing, and one that was taken before neither. */
  apply({ at, body: { progress, log } }: SpoolItem): void {
    if (log?.proof) {
      const lines = log.lines.map((line, i): Line => ({ n: log.firstSequence + i, line }));
      const fresh = this.of(log.mac).addLines(lines);
      if (fresh.length > 0) this.#files.append(this.#machineOf(log.mac), fresh);
    }
    if (progress?.proof) {
      const { stage, message, error, state } = progress;
      const said = Object.entries({ at, stage, message, error, state }).filter(([, value]) => value != null);
      const added = this.of(progress.mac).addStage(Object.fromEntries(said) as unknown as Omit<StageSaid, 's'>);
      if (added) this.#files.append(this.#machineOf(progress.mac), [added]);
    }
  }

  /** Drops the logs of machines that are forgotten. */
  async forget(macs: readonly string[]): Promise<void> {
    for (const mac of macs) {
      this.#logs.delete(mac);
      await this.#files.forget(mac);
    }
  }

  /** Resolves once all is in the files, or could not be. */
  settle(): Promise<void> {
    return this.#files.settle();
  }

  #read(mac: string): MachineLog {
    const log = new MachineLog();
    for (const entry of this.#files.read(mac)) {
      if (isStage(entry)) log.addStage(entry, entry.s);
      if (isLine(entry)) log.addLines([entry]);
    }
    return log;
  }
}

const has = (entry: unknown, key: string): boolean => typeof entry === 'object' && entry !== null && key in entry;
const isLine = (entry: unknown): entry is Line => has(entry, 'n') && has(entry, 'line');
const isStage = (entry: unknown): entry is StageSaid => has(entry, 's') && has(entry, 'stage');
