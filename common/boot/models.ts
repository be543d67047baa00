// Models whose firmware needs another way to boot than others do. A server's own `boot` overrides what is said here.
import type { BootWay } from './way.ts';

interface Model {
  /** As the firmware writes it (DMI, system manufacturer) */
  readonly vendor: string;
  /** As the firmware writes it (DMI, product name) */
  readonly products: readonly string[];
  readonly way: BootWay;
  /** What its firmware does wrong, and what to do about it, for people */
  readonly bug: string;
  /** Who says so */
  readonly source: string;
}

/** The driver of the firmware itself, in place of iPXE's own. */
const FIRMWARE_DRIVER: BootWay = { binary: 'snponly.efi' };

export const models: readonly Model[] = [
  {
    vendor: 'Dell Inc.',
    products: ['PowerEdge R620'],
    way: FIRMWARE_DRIVER,
    bug: "iPXE starts over and over with its own driver for the NIC: it gets the one that uses the firmware's, unless `boot` says otherwise.",
    source: 'ipxe/ipxe#250',
  },
  {
    vendor: 'Dell Inc.',
    products: ['PowerEdge C6320'],
    way: FIRMWARE_DRIVER,
    bug: "iPXE's own driver does not work with its NICs (Intel 82599ES): it gets the one that uses the firmware's, unless `boot` says otherwise.",
    source: 'warewulf/warewulf3#84, CSCfi/ansible-role-pxe_config#35',
  },
  {
    vendor: 'Dell Inc.',
    products: ['PowerEdge T130', 'PowerEdge T430'],
    way: {},
    bug: 'The firmware forgets what a DHCP proxy offers: serve its network in the full mode (dhcpMode FULL).',
    source: 'tianocore/edk2#6944',
  },
];

/** What is known of a model; undefined where it boots as others do. */
export const modelOf = (vendor: string | null | undefined, product: string | null | undefined): Model | undefined =>
  models.find((model) => model.vendor === vendor?.trim() && model.products.includes(product?.trim() ?? ''));
