import fc from 'fast-check'

const SEED = 20_261_122

// The same cases in each run, so that a change fails for what it changes and not by chance; in the long form, others each time.
if (process.env.HOLDALL_TEST_LONG === undefined) fc.configureGlobal({ seed: SEED })

export { fc }
