// How far the output of installs was taken: a sender that got no answer, or whose bastion was killed before it answered, says
// it again, and each line counts once. It follows the spool, so that it is known after a kill too.
import type { UplinkBodyInput, UplinkItemInput } from '../generated/documents.ts';

/** Where in a stream of output some lines begin. */
export interface Place {
  /** Output that is counted apart: an install may send several logs */
  readonly stream: string;
  /** A number that goes up along the stream; who sends lines again gives the same one */
  readonly from: number;
}

/** How far a stream was taken: so many lines from the place of the last that came. */
interface Reached extends Place {
  readonly lines: number;
}

/** What is kept in the spool: what labd gets, and what is for the bastion alone. */
export type SpoolBody = UplinkBodyInput & { readonly said?: Reached | undefined };
export type SpoolItem = Omit<UplinkItemInput, 'body'> & { readonly body: SpoolBody };

/** What of an item is labd's. */
export const forLabd = ({ body: { said: _, ...body }, ...item }: SpoolItem): UplinkItemInput => ({ ...item, body });

/** Installs that are remembered, and streams of each. */
const MOST_INSTALLS = 10_000;
const MOST_STREAMS = 64;

type Streams = Readonly<Record<string, readonly [from: number, lines: number]>>;

export class Said {
  /** By the hash of the attempt's token, the one that said something last at the end */
  readonly #streams: Map<string, Streams>;

  constructor(kept: readonly (readonly [string, Streams])[] = []) {
    this.#streams = new Map(kept);
  }

  /** As it is kept in a file. */
  list(): (readonly [string, Streams])[] {
    return [...this.#streams];
  }

  apply({ body: { log, said } }: SpoolItem): void {
    if (log?.proof == null || said === undefined) return;
    const { [said.stream]: _, ...others } = this.#streams.get(log.proof) ?? {};
    const kept = Object.entries(others).slice(1 - MOST_STREAMS);
    this.#streams.delete(log.proof);
    this.#streams.set(log.proof, { ...Object.fromEntries(kept), [said.stream]: [said.from, said.lines] });
    if (this.#streams.size > MOST_INSTALLS) this.#streams.delete(this.#streams.keys().next().value!);
  }

  /** How many of the first lines that come from a place were taken before. */
  taken(proof: string, { stream, from }: Place): number {
    const streams = this.#streams.get(proof) ?? {};
    const [last, lines] = Object.hasOwn(streams, stream) ? streams[stream]! : [-1, 0];
    if (from > last) return 0;
    return from === last ? lines : Infinity;
  }
}
