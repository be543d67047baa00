// How the end of an install is told to whoever followed it.
import { expect, test } from 'vitest';
import { endText } from '../../../cli/kinds/install.ts';

const failed = (stage: string | null) => ({ outcome: 'FAILED' as const, failure: { stage, reason: 'No disk' } });

test.each([
  [{ outcome: null, failure: null }, undefined],
  [{ outcome: 'SUCCEEDED' as const, failure: null }, 'Install db.1 succeeded.'],
  [{ outcome: 'CANCELLED' as const, failure: null }, 'Install db.1 was cancelled.'],
  [failed('disk'), 'Install db.1 failed in stage disk: No disk'],
  [failed(null), 'Install db.1 failed: No disk'],
])('%j is %s', (install, said) => expect(endText({ name: 'db.1', ...install })).toBe(said));
