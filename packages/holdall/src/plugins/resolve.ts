import { existsSync } from 'node:fs'
import { registerHooks } from 'node:module'
import { isAbsolute, join, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'

/** Where the configuration's plugins are looked for: beside it, then beside this Holdall. */
export interface Places {
  /** Of the configuration file, or the working directory. */
  readonly directory: string
  /** The URL of a module of Holdall's own. */
  readonly holdall: string
}

/** Whether a plugin is named by where it lies; anything else names a package. */
export function isPath(name: string): boolean {
  return /^\.{1,2}[/\\]/.test(name) || isAbsolute(name)
}

/** The URL of a plugin's module, or `undefined` where there is none. */
export function locate(name: string, { directory, holdall }: Places): string | undefined {
  if (isPath(name)) {
    const file = resolve(directory, name)
    return existsSync(file) ? pathToFileURL(file).href : undefined
  }
  // A file that need not be there: packages are looked for in the folders above it.
  return seenFrom(name, pathToFileURL(join(directory, 'holdall.yaml')).href) ?? seenFrom(name, holdall)
}

/** As an `import` in a module of that URL would find it. */
function seenFrom(name: string, parent: string): string | undefined {
  const hooks = registerHooks({
    resolve: (specifier, context, next) =>
      next(specifier, specifier === name ? { ...context, parentURL: parent } : context),
  })
  try {
    return import.meta.resolve(name)
  } catch (error) {
    if (NOT_THERE.has((error as NodeJS.ErrnoException).code ?? '')) return undefined
    throw error
  } finally {
    hooks.deregister()
  }
}

const NOT_THERE = new Set(['ERR_MODULE_NOT_FOUND', 'ERR_INVALID_MODULE_SPECIFIER', 'ERR_UNSUPPORTED_RESOLVE_REQUEST'])
