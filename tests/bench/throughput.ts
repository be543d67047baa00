// How many questions a second labd answers, against hand-written SQL and PostGraphile, in rounds taken in turn.
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { Question } from './data.ts';
import { cpuOf, cpuOfFamily, type Running } from './programs.ts';

const callers = 8;
const median = (numbers: readonly number[]): number =>
  numbers.toSorted((a, b) => a - b)[Math.floor(numbers.length / 2)]!;

/** Who answers a question, and how it is put. */
export interface Contender {
  readonly name: string;
  readonly ask: (question: Question) => object;
  /** Its own process; hand-written SQL has none besides the loader */
  readonly program?: Running;
}

export interface Measured {
  name: string;
  /** Answers a second, the median of the rounds */
  rate: number;
  /** Processor time per answer, milliseconds */
  own: number;
  postgres: number;
}

async function round(
  load: object,
  seconds: number,
  whenWarm: () => void,
): Promise<{ answers: number; seconds: number }> {
  const child = fork(fileURLToPath(new URL('loader.mjs', import.meta.url)), [
    JSON.stringify({ ...load, seconds, callers }),
  ]);
  const [warm] = (await once(child, 'message')) as [unknown];
  if (warm !== 'warm') throw new Error('The loader did not warm up');
  whenWarm();
  const [result] = (await once(child, 'message')) as [{ answers: number; seconds: number }];
  return result;
}

/** Asks one question of all contenders in turn, for some rounds. */
export async function compare(
  question: Question,
  contenders: readonly Contender[],
  postmaster: number,
  { rounds, seconds }: { rounds: number; seconds: number },
): Promise<Measured[]> {
  const samples = contenders.map(({ name }) => ({
    name,
    rates: [] as number[],
    own: [] as number[],
    postgres: [] as number[],
  }));
  for (let i = 0; i < rounds; i++) {
    for (const [n, { ask, program }] of contenders.entries()) {
      const used = () => [program ? cpuOf(program.pid) : 0, cpuOfFamily(postmaster)] as const;
      let before = used();
      const { answers, seconds: took } = await round(ask(question), seconds, () => (before = used()));
      const sample = samples[n]!;
      sample.rates.push(answers / took);
      sample.own.push(program ? (cpuOf(program.pid) - before[0]) / answers : 0);
      sample.postgres.push((cpuOfFamily(postmaster) - before[1]) / answers);
    }
  }
  return samples.map(({ name, rates, own, postgres }) => ({
    name,
    rate: median(rates),
    own: median(own),
    postgres: median(postgres),
  }));
}
