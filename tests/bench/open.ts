// What takes the place of Callers in the labd that the benchmark compares with: whoever asks may do everything, and
// nothing is looked up. It is built for the benchmark alone.
import { Caller, everything } from '../../server/domain/access/caller.ts';

const anybody = new Caller({ actor: 'user/anybody', scope: everything });

export class Unauthenticated extends Error {}

export class Callers {
  identify = () => Promise.resolve(anybody);
  follow = () => Promise.resolve();
  refresh = () => Promise.resolve();
  close = () => undefined;
}
