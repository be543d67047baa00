// Operations past what one may ask for, by their shape and by their conditions.
import { hostileCases } from './cases.ts';
import { shareTarget } from './support.ts';
import { rows as conditions } from './tables/conditions.ts';
import { rows as refusals } from './tables/refusals.ts';

const target = shareTarget();
hostileCases(target, [...refusals(target), ...conditions(target)]);
