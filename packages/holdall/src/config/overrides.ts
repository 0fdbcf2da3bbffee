import { type Path, pathKey } from './path.ts'
import { type Block, block, isBlock } from './values.ts'

/** The blocks of `over` laid over those of `under`, and whether a path comes from `over`. */
export function overlay(under: Block, over: Block): { value: Block; covers(path: Path): boolean } {
  const covered = new Set<string>()

  function lay(below: unknown, above: unknown, path: Path): unknown {
    if (isBlock(above) && (isBlock(below) || below === undefined || below === null)) {
      const result = block(Object.entries(below ?? {}))
      for (const [key, value] of Object.entries(above)) result[key] = lay(result[key], value, [...path, key])
      return result
    }
    covered.add(pathKey(path))
    return above
  }

  const value = lay(under, over, []) as Block
  return { value, covers: (path) => path.some((_, index) => covered.has(pathKey(path.slice(0, index + 1)))) }
}
