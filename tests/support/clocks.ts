// Clocks that jump: the database's, as its statements see it, and a process's own.
import pg from 'pg';
import { inject } from 'vitest';
import { realSystem, type System } from '../../common/system.ts';
import type { ClientClass } from '../../server/store/client.ts';
import { cockroachLike } from './cockroachlike.ts';

export const HOUR = 3_600_000;
export const DAY = 24 * HOUR;
export const YEAR = 365 * DAY;

export interface JumpingClock {
  /** For openTestDatabase: the wall clock jumps, and what is elapsed goes on */
  readonly system: System;
  /** For openTestDatabase: the database's clock jumps along */
  readonly Client: ClientClass;
  /** Sets both this many milliseconds ahead of the true time; negative is behind it, 0 puts them right */
  set(ahead: number): void;
  /** Lets time go by, which is no jump: both clocks and what is elapsed go on by so many milliseconds */
  pass(milliseconds: number): void;
}

export function jumpingClock(): JumpingClock {
  let ahead = 0;
  let passed = 0;
  const base: ClientClass = inject('labDatabase').engine === 'cockroachlike' ? cockroachLike() : pg.Client;
  const turned = (sql: string) => {
    const seconds = ((ahead + passed) / 1000).toFixed(3);
    return sql.replace(/clock_timestamp\(\)/g, `(clock_timestamp() + interval '${seconds} seconds')`);
  };
  class Jumping extends base {
    override query(...[first, ...rest]: unknown[]): never {
      const send = (...all: unknown[]) => (super.query as (...every: unknown[]) => never)(...all);
      if (typeof first === 'string') return send(turned(first), ...rest);
      const { text, name, ...others } = first as { text?: string; name?: string };
      if (!text?.includes('clock_timestamp()')) return send(first, ...rest);
      // Its text is another one each time: it cannot be prepared under one name.
      void name;
      return send({ ...others, text: turned(text) }, ...rest);
    }
  }
  return {
    system: {
      ...realSystem,
      now: () => realSystem.now() + ahead + passed,
      elapsed: () => realSystem.elapsed() + passed,
      uptime: () => realSystem.uptime() + passed,
    },
    Client: Jumping,
    set: (milliseconds) => void (ahead = milliseconds),
    pass: (milliseconds) => void (passed += milliseconds),
  };
}
