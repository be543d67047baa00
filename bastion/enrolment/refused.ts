// How the ways to labd say that trying again soon helps nothing.

/** labd will say the same for a while: a person has to do something. */
export class Refused extends Error {}
