// The error that says that labd refuses this bastion and trying again soon does not help.

/** labd will say the same for a while: a person has to do something. */
export class Refused extends Error {}
