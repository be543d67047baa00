// Writes JSON a part at a time: JSON.stringify holds the event loop until all of a long answer is written.

/** Call before so many objects are written: where others are to have the loop first, what it returns is to be waited for. */
export type BeforeObjects = (objects: number) => Promise<void> | undefined;

/** Values that are left to JSON.stringify, which is much faster than this: a fraction of a millisecond of it. */
const PART = 1_000;

/** Objects that are written between two looks at whether it is somebody else's turn. */
const OBJECTS = 100;

const isLeaf = (value: unknown): boolean => typeof value !== 'object' || value === null || 'toJSON' in value;

/** How many values there are in one, itself included; no more than `most` are counted. */
function countValues(value: unknown, most: number): number {
  if (isLeaf(value)) return 1;
  let count = 1;
  for (const name in value as object) {
    count += countValues((value as Record<string, unknown>)[name], most - count);
    if (count >= most) break;
  }
  return count;
}

function* partsOf(value: unknown): Generator<string> {
  if (countValues(value, PART) < PART) {
    yield JSON.stringify(value) ?? 'null';
    return;
  }
  const isList = Array.isArray(value);
  let before = isList ? '[' : '{';
  for (const [name, one] of Object.entries(value as object)) {
    if (one === undefined && !isList) continue;
    yield isList ? before : `${before}${JSON.stringify(name)}:`;
    yield* partsOf(one);
    before = ',';
  }
  yield isList ? ']' : '}';
}

/** What JSON.stringify returns for an answer, which holds no functions or symbols. */
export async function jsonInTurns(answer: unknown, before: BeforeObjects): Promise<string> {
  const parts: string[] = [];
  for (const part of partsOf(answer)) {
    parts.push(part);
    const turn = before(OBJECTS);
    if (turn !== undefined) await turn;
  }
  return parts.join('');
}
