// The border of an environment, against a labd of its own; the cases are in tables/borders.ts.
import { hostileCases } from './cases.ts';
import { shareTarget } from './support.ts';
import { rows } from './tables/borders.ts';

const target = shareTarget();
hostileCases(target, rows(target));
