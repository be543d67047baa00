// What the ramdisk does with a machine besides installing it: each time is an attempt of a profile that nobody can choose.

export const errands = ['wipe', 'rescue'] as const;

export type Errand = (typeof errands)[number];

/** No profile of anybody's has a name that begins so: theirs are DNS labels. */
const PREFIX = 'ramdisk/';

/** The name of the profile of its attempts. */
export const profileOf = (errand: Errand): string => `${PREFIX}${errand}`;

/** Whether it is the profile of an errand. */
export const isErrandProfile = (name: string): boolean => name.startsWith(PREFIX);
