/**
 * A hook for `module.registerHooks`. Six hundred modules are named by where they lie beside each other, and Node would look at
 * each path and at every folder above it before it believes so. Not for `require`, which may leave endings out.
 */
export function resolve(specifier, context, next) {
  const { parentURL, conditions } = context
  if (!/^\.\.?\/.*\.[jt]s$/.test(specifier) || !parentURL?.startsWith('file:') || !conditions.includes('import')) {
    return next(specifier, context)
  }
  return { url: new URL(specifier, parentURL).href, shortCircuit: true }
}
