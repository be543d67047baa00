// Which drivers the ramdisk has: folders of the kernel's tree, as data, with what in them is left out and why.

/** Paths below the kernel's folder of modules; a folder stands for all in it. */
const taken: readonly string[] = [
  // Ethernet: cards, their transceivers, USB adapters, and the cards of virtual machines.
  'drivers/net/ethernet',
  'drivers/net/phy',
  'drivers/net/mdio',
  'drivers/net/pcs',
  'drivers/net/usb',
  'drivers/net/hyperv',
  'drivers/net/vmxnet3',
  'drivers/net/fjes',
  'drivers/net/thunderbolt-net',
  'drivers/net/thunderbolt',
  'drivers/net/virtio_net',
  'drivers/net/xen-netfront',
  'drivers/net/net_failover',
  'drivers/net/mii',
  // Bonds and tags, which machines are installed with.
  'drivers/net/bonding',
  'net/8021q',
  'net/packet',
  // Storage.
  'drivers/ata',
  'drivers/block',
  'drivers/cdrom',
  'drivers/firewire',
  'drivers/md',
  'drivers/message',
  'drivers/mmc',
  'drivers/nvdimm',
  'drivers/nvme/host',
  'drivers/nvme/common',
  'drivers/scsi',
  'drivers/ufs',
  // USB, with keyboards for a rescue, and what stands between it and the board.
  'drivers/usb',
  'drivers/hid',
  'drivers/thunderbolt',
  // What the others sit on: buses, bridges and the hosts of virtual machines.
  'drivers/acpi',
  'drivers/hv',
  'drivers/i2c/busses',
  'drivers/pci',
  'drivers/phy',
  'drivers/virtio',
  'drivers/xen',
  'drivers/vmd',
  // Management controllers, TPMs, randomness, consoles, the firmware's tables and variables.
  'drivers/char',
  'drivers/firmware',
  'drivers/tty/serial',
  // File systems that an install or a rescue meets, and the sums that these ask for while they run.
  'fs/btrfs',
  'fs/efivarfs',
  'fs/ext4',
  'fs/fat',
  'fs/isofs',
  'fs/nls',
  'fs/overlayfs',
  'fs/squashfs',
  'fs/xfs',
  'crypto/crc32c_generic',
  'arch/x86/crypto/crc32c-intel',
];

/** In those folders, and not taken. */
const left: readonly (readonly [path: string, why: string])[] = [
  ['drivers/block/aoe', 'disks of other machines'],
  ['drivers/block/brd', 'disks in memory'],
  ['drivers/block/drbd', 'disks of other machines'],
  ['drivers/block/floppy', 'looks for drives that hardly anybody has, for seconds'],
  ['drivers/block/null_blk', 'disks that are none'],
  ['drivers/block/rbd', 'disks of other machines'],
  ['drivers/block/rnbd', 'disks of other machines'],
  ['drivers/block/xen-blkback', 'serves disks to others'],
  ['drivers/block/zram', 'disks in memory'],
  ['drivers/char/agp', 'pictures'],
  ['drivers/scsi/scsi_debug', 'disks that are none'],
  ['drivers/usb/atm', 'modems'],
  ['drivers/usb/gadget', 'the side of a USB device'],
  ['drivers/usb/image', 'scanners'],
  ['drivers/usb/misc', 'toys and instruments'],
  ['drivers/usb/usbip', 'devices of other machines'],
  ['drivers/xen/xen-pciback', 'serves cards to others'],
  ['drivers/xen/xen-scsiback', 'serves disks to others'],
];

const covers = (folders: readonly string[], path: string) =>
  folders.some((folder) => path === folder || path.startsWith(`${folder}/`));
const leftPaths = left.map(([path]) => path);

/** Those that are taken, and those of them that are not. */
export const driverFolders = { taken, left: leftPaths } as const;

/** Whether the ramdisk takes a module by its own path, such as `drivers/net/ethernet/intel/igb/igb`. */
export const isTaken = (path: string): boolean => covers(taken, path) && !covers(leftPaths, path);
