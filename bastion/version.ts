// The program's name and version, as it introduces itself.
import manifest from '../package.json' with { type: 'json' };

export const software = `lab-bastion ${manifest.version}`;
