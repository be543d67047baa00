// The installers as a table: the file that each begins with, and what its kernel is told so that it asks nobody and never
// stands still unheard.
import type { Installer } from './plan.ts';

interface Row {
  /** The template that it begins with; null for what a profile's own kernel arguments name */
  readonly main: string | null;
  /** Each a template of one kernel argument */
  readonly kernelArguments: readonly string[];
  /** Those behind the profile's own; Debian's family keeps what is behind `---` for the installed system */
  readonly last: readonly string[];
}

const boot = ['BOOTIF={{ machine.bootif | kernel }}'];
const consoles = '{{#each consoles as console}} console={{ console | kernel }}{{/each}}';

export const installerRows: Readonly<Record<Installer, Row>> = {
  // Options: Anaconda's boot-options; the shell and the emergency mode are dracut's, and would wait for a person.
  kickstart: {
    main: 'ks.cfg',
    kernelArguments: [
      'inst.ks={{ files.url | url }}/ks.cfg',
      'inst.ks.sendmac',
      'inst.stage2={{ tree.url | url }}',
      'inst.cmdline',
      // The kickstart has the attempt's token, and would be copied to the installed system.
      'inst.nosave=input_ks,output_ks',
      'inst.wait_for_disks=30',
      'inst.waitfornet=60',
      'rd.shell=0',
      'rd.emergency=reboot',
      'ip=dhcp',
      ...boot,
    ],
    last: [consoles],
  },
  // Debian's installation guide, B.2: what is asked before the preseed is there must be said here.
  preseed: {
    main: 'preseed.cfg',
    kernelArguments: [
      'auto=true',
      'priority=critical',
      'url={{ files.url | url }}/preseed.cfg',
      'interface=auto',
      ...boot,
      'hostname={{ host.name | kernel }}',
      'domain={{#if host.domain}}{{ host.domain | kernel }}{{/if}}',
      'netcfg/dhcp_timeout=60',
      // Spanning tree keeps a port closed for half a minute.
      'netcfg/link_wait_timeout=30',
      // A network that leads nowhere else has all that is needed on it. Neither is looked at where DHCP says more.
      'netcfg/no_default_route=true',
      'netcfg/get_nameservers=',
      // Its log then has each question, by which a dialog that waits is seen.
      'DEBCONF_DEBUG=5',
      'firmware=never',
    ],
    last: ['---', consoles],
  },
  // Subiquity waits for "yes" without the first word; cloud-init looks for its data at the second's address.
  autoinstall: {
    main: 'user-data',
    kernelArguments: [
      'autoinstall',
      'ds=nocloud;s={{ files.url | url }}/',
      'cloud-config-url=/dev/null',
      'ip=dhcp',
      ...boot,
    ],
    last: ['---', consoles],
  },
  image: {
    main: 'install.sh',
    kernelArguments: ['bastion.url={{ bastion.url | url }}', 'lab.script={{ files.url | url }}/install.sh', ...boot],
    last: [consoles],
  },
  custom: { main: null, kernelArguments: boot, last: [consoles] },
};
