// Why a machine could not be powered, in words for people: what happened, and what to do. Never with a password.

export class PowerTrouble extends Error {}
