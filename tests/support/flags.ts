// What Node is told besides the program that it is to run.

/**
 * Leaves out the slower one of its two compilers of WebAssembly, which the embedded engine is of. What is started
 * and soon ended again takes a third less of the processor so; what is to be quick for long is not.
 */
export const SHORT_LIVED = ['--liftoff-only'];
