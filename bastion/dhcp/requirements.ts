// What this host must have for a bastion to serve DHCP on it.
import { constants } from 'node:fs';
import { access } from 'node:fs/promises';
import { delimiter, join } from 'node:path';

interface Host {
  /** Of the user that this process runs as */
  readonly uid: number | undefined;
  /** The variable */
  readonly path: string | undefined;
  /** Where programs for root are, which the paths of others lack */
  readonly forRoot?: readonly string[];
}

const FOR_ROOT = ['/usr/local/sbin', '/usr/sbin', '/sbin'];

/** Where dnsmasq is, or what is missing and how to get it. */
export async function findDnsmasq({
  uid,
  path,
  forRoot = FOR_ROOT,
}: Host): Promise<{ program: string } | { missing: string }> {
  const folders = [...(path ?? '').split(delimiter).filter(Boolean), ...forRoot];
  const found = await Promise.all(
    folders
      .map((folder) => join(folder, 'dnsmasq'))
      .map((file) =>
        access(file, constants.X_OK).then(
          () => file,
          () => undefined,
        ),
      ),
  );
  const program = found.find((file) => file !== undefined);
  if (program === undefined)
    return {
      missing:
        'DHCP needs dnsmasq, which this host does not have. Install it: apt-get install dnsmasq-base, or dnf install dnsmasq',
    };
  if (uid !== 0) return { missing: 'DHCP needs root. Start the bastion as root: sudo lab-bastion …' };
  return { program };
}
