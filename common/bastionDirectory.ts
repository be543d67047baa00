// Where a bastion keeps everything, when nobody says it: the program itself and who looks for it must agree.
import { homedir } from 'node:os';
import { join } from 'node:path';

type Environment = Readonly<Record<string, string | undefined>>;

/** `BASTION_DIR`, and only without that a folder in the user's data directory. */
export const bastionDirectory = (env: Environment): string =>
  env['BASTION_DIR'] || join(env['XDG_DATA_HOME'] || join(homedir(), '.local', 'share'), 'lab', 'bastion');
