// Numbers: the table of those that would be kept as others.
import { hostileCases } from './cases.ts';
import { shareTarget } from './support.ts';
import { rows } from './tables/numbers.ts';

const target = shareTarget();
hostileCases(target, rows(target));
