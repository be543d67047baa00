// Appends what machines report to the spool; the machines in memory follow the spool.
import type { LogInput, MachineReportInput, ProgressInput } from '../generated/documents.ts';
import type { Machine, Machines } from './machines.ts';
import type { Place, SpoolBody } from './said.ts';
import type { Spool } from './spool.ts';

/** Bytes of one item as JSON; a batch of the uplink must hold at least one. */
export const MOST_ITEM_BYTES = 120_000;
/** Lines and bytes of output in one item. */
const MOST_LOG_LINES = 1_000;
const MOST_LOG_BYTES = 60_000;

/** More machines were reported than a site can have, so they are made up. */
export class TooManyMachines extends Error {}

export interface IntakeOptions {
  spool: Spool;
  /** Changed by what the spool takes */
  machines: Machines;
  /** Machines that may be known at once */
  mostMachines?: number;
}

/** Which lines of a stream some lines are. */
export interface Counted extends Place {
  /** How many lines are between its place and the first of them; fewer by those that the bastion itself says before them */
  readonly before: number;
  /** How many from its place are taken with them */
  readonly through: number;
}

export interface Intake {
  /** Each resolves once the report is on the disk; throws SpoolFull or TooManyMachines, and then nothing was taken. */
  report(report: MachineReportInput): Promise<void>;
  /** Makes one of what is known when its turn has come, so that it undoes nothing that was reported meanwhile; undefined for none. */
  reportOf(mac: string, make: (known: Machine | undefined) => MachineReportInput | undefined): Promise<void>;
  progress(progress: ProgressInput): Promise<void>;
  /** In the order of the calls, lines of one machine are numbered on; `proof` is the hash of its attempt's token */
  log(mac: string, lines: readonly string[], proof: string, counted?: Counted): Promise<void>;
  list(): Machine[];
}

export function createIntake({ spool, machines, mostMachines = 200_000 }: IntakeOptions): Intake {
  /** Numbers given to lines that are on their way to the disk, by MAC */
  const numbering = new Map<string, { next: number; users: number }>();
  const take = async (mac: string, bodies: readonly SpoolBody[]) => {
    if (machines.size >= mostMachines && !machines.find(mac)) {
      throw new TooManyMachines(`This bastion knows ${machines.size} machines, and takes no more`);
    }
    await spool.append(bodies);
  };
  return {
    report: (report) => take(report.mac, [{ report }]),
    async reportOf(mac, make) {
      await spool.append(() => {
        const report = make(machines.find(mac));
        return report ? [{ report }] : [];
      });
    },
    progress: (progress) => take(progress.mac, [{ progress }]),
    async log(mac, lines, proof, counted) {
      const numbers = numbering.get(mac) ?? { next: machines.find(mac)?.logged ?? 0, users: 0 };
      numbering.set(mac, numbers);
      const first = numbers.next;
      const logs = split(mac, first, lines);
      numbers.next += lines.length;
      numbers.users += 1;
      try {
        const said = ({ firstSequence, lines: some }: LogInput) => {
          const last = firstSequence + some.length - first;
          const { stream, from, before, through } = counted!;
          return { stream, from, lines: last === lines.length ? through : before + last };
        };
        await take(
          mac,
          logs.map((log) => ({ log: { ...log, proof }, ...(counted && { said: said(log) }) })),
        );
      } finally {
        // A refused request leaves a hole in the numbers, which says that lines are missing.
        numbers.users -= 1;
        if (numbers.users === 0) numbering.delete(mac);
      }
    },
    list: () => machines.list(),
  };
}

function split(mac: string, first: number, lines: readonly string[]): LogInput[] {
  const logs: LogInput[] = [];
  let bytes = 0;
  for (const [at, line] of lines.entries()) {
    const size = Buffer.byteLength(JSON.stringify(line)) + 1;
    let log = logs.at(-1);
    if (log === undefined || log.lines.length >= MOST_LOG_LINES || bytes + size > MOST_LOG_BYTES) {
      log = { mac, firstSequence: first + at, lines: [] };
      logs.push(log);
      bytes = 0;
    }
    log.lines.push(line);
    bytes += size;
  }
  return logs;
}
