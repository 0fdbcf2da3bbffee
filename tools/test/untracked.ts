import hooks from 'node:async_hooks'

const { createHook } = hooks

// `node:test` follows each promise to know of which test an error is that nobody awaits. That costs up to a quarter of what a test
// of many requests does. Untracked, such an error is one of the file.
hooks.createHook = (callbacks) => createHook({ ...callbacks, trackPromises: false } as typeof callbacks)
