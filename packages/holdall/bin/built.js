import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'

const CHECKOUT = fileURLToPath(new URL('../../../', import.meta.url))
/** `tools/build.ts` writes there: builds, and which of them is the one. */
const CACHE = join('node_modules', '.cache', 'holdall')
const SOURCES = ['package-lock.json', 'packages']
/** What is not part of what runs. */
const ASIDE = /^(node_modules|dist|fixtures|.*\.test\.ts)$/

/**
 * What a checkout has built of its own sources: `serve` loads ten files then instead of nine hundred. Undefined where
 * nothing was built, or where a source is newer than that: what runs is always what one sees.
 *
 * @param {string} checkout its folder
 * @returns {{ main: string, door(url: string): string } | undefined} `door`: where the module of a package of ours is that
 *   others import
 */
export function findBuilt(checkout = CHECKOUT) {
  const { name, begun, doors } = readPointer(checkout) ?? {}
  if (name === undefined) return undefined
  // By its name alone: a checkout that was moved or copied runs what is its own.
  const folder = join(checkout, CACHE, name)
  const main = join(folder, 'holdall', 'dist', 'cli', 'main.js')
  if (!existsSync(main) || newest(checkout) >= begun) return undefined
  const places = new Map(
    Object.entries(doors).map(([source, built]) => [
      pathToFileURL(join(checkout, source)).href,
      pathToFileURL(join(folder, built)).href,
    ]),
  )
  return {
    main: pathToFileURL(main).href,
    door: (url) => places.get(url) ?? url,
  }
}

function readPointer(checkout) {
  try {
    return JSON.parse(readFileSync(join(checkout, CACHE, 'current.json'), 'utf8'))
  } catch {
    return undefined
  }
}

/** When a source, or a folder of them, was last changed: milliseconds. */
function newest(checkout) {
  let newest = 0
  const look = (path) => {
    // An editor's own file may be gone by now.
    const found = statSync(path, { throwIfNoEntry: false })
    if (found === undefined) return
    newest = Math.max(newest, found.mtimeMs)
    if (!found.isDirectory()) return
    for (const name of readdirSync(path)) if (!ASIDE.test(name)) look(join(path, name))
  }
  for (const name of SOURCES) look(join(checkout, name))
  return newest
}
