// Why the ramdisk cannot be built: the message says what to do.

export class RamdiskTrouble extends Error {}
