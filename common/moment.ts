// A moment as people and programs write it: RFC 3339 with its offset from UTC, a day, or how long ago. Nothing else is
// taken: what a text without an offset means depends on where it is read, and a day that is none would become another.

/** What was written: a moment, whether only its day was given, or how long ago it is. Milliseconds. */
export type WrittenMoment = { readonly at: number; readonly day: boolean } | { readonly ago: number };

/** Why a text is no moment, as the end of a sentence that begins with it. */
interface Problem {
  readonly problem: string;
}

/** What can be written, for remedies. */
export const MOMENTS =
  '2026-01-31T12:00:00Z, 2026-01-31T13:00:00+01:00, a day such as 2026-01-31 (00:00 UTC), or how long ago, such as 2h';

export const OTHER_YEARS = 'is not of the years 1 to 9999';

/** Milliseconds of each unit that people write lengths of time in. */
export const UNITS = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const;

const AGO = /^(\d{1,6})([smhd])$/;
const DAY = /^\d{4}-\d\d-\d\d$/;
const TIME = /^(\d{4}-\d\d-\d\d)[Tt ](\d\d:\d\d:\d\d(?:\.\d+)?)([Zz]|[+-]\d\d:\d\d)?$/;
const HALVES = /^\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d(?:[Zz]|[+-]\d\d:\d\d)$/;

/** Milliseconds; undefined where the calendar or the clock has no such time. JavaScript makes 2 March of 30 February. */
function exactly(day: string, time: string, offset: string): number | undefined {
  const [hours, minutes] = offset.slice(1).split(':').map(Number);
  const midnight = Date.parse(`${day}T00:00:00Z`);
  if (Number.isNaN(midnight) || new Date(midnight).toISOString().slice(0, 10) !== day) return undefined;
  if (/^24/.test(time) || (hours ?? 0) > 23 || (minutes ?? 0) > 59) return undefined;
  const at = Date.parse(`${day}T${time}${offset}`);
  return Number.isNaN(at) ? undefined : at;
}

/** Of other years JavaScript and databases have different spellings. */
export const hasFourDigitYear = (at: number): boolean => {
  const year = new Date(at).getUTCFullYear();
  return year >= 1 && year <= 9999;
};

/** Reads a moment; how long ago it is is left to whoever knows the time. */
export function parseMoment(text: string): WrittenMoment | Problem {
  const [, count, unit] = AGO.exec(text) ?? [];
  if (count !== undefined) return { ago: Number(count) * UNITS[unit as keyof typeof UNITS] };
  const [, day, time, offset] = TIME.exec(text) ?? [];
  if (day === undefined && HALVES.test(text)) return { problem: 'has no seconds' };
  if (day === undefined && !DAY.test(text)) return { problem: 'is no moment' };
  if (day !== undefined && offset === undefined)
    return { problem: 'has no offset from UTC, and would be another moment in another time zone' };
  const at = exactly(day ?? text, time ?? '00:00:00', offset?.toUpperCase() ?? 'Z');
  if (at === undefined) return { problem: 'is a time that there is not' };
  return hasFourDigitYear(at) ? { at, day: day === undefined } : { problem: OTHER_YEARS };
}
