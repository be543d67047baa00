// The key that tests encrypt secrets with.

/** As LABD_KEY takes it. */
export const SECRET_KEY = Buffer.from(Array.from({ length: 32 }, (_, i) => (i * 37 + 11) % 256)).toString('base64');
