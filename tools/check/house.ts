import { posix } from 'node:path'
import { type Finding, finding, isTest, type Source } from './source.ts'

/** Imports run downwards only; rooms on one line do not import each other. */
const FLOORS = [
  ['cli'],
  ['app'],
  ['plugins'],
  ['datasets'],
  ['tables'],
  ['files'],
  ['uploads'],
  ['sources'],
  ['access', 'secrets'],
  ['database', 'config'],
  ['web'],
] as const
const ROOMS = /^packages\/holdall\/src\/([^/]+)\//

/** A package of the workspace: its name, its folder (`packages/client`) and the keys of its `exports`. */
export interface Package {
  readonly name: string
  readonly folder: string
  readonly doors: readonly string[]
}

/** Every import between rooms that runs upwards or sideways. Tests may reach up, because nothing else may import them. */
export function wrongDirections(sources: readonly Source[]): Finding[] {
  const findings: Finding[] = []
  for (const source of sources) {
    const from = ROOMS.exec(source.path)?.[1]
    if (from === undefined || isTest(source.path)) continue
    if (floorOf(from) === -1) {
      findings.push(
        finding(source, 0, `${from}/ is not a room of the house; the rooms are listed in tools/check/house.ts.`),
      )
      continue
    }
    for (const { specifier, at } of source.imports) {
      const path = target(source, specifier) ?? ''
      if (isTest(path)) findings.push(finding(source, at, `${path} is for tests; nothing else imports it.`))
      const to = ROOMS.exec(path)?.[1]
      if (to === undefined || to === from || floorOf(to) > floorOf(from)) continue
      findings.push(
        finding(source, at, `${from}/ imports ${to}/, which is above or beside it. Take it as a parameter instead.`),
      )
    }
  }
  return findings
}

/** Every loop of imports between files, types included, once. */
export function cycles(sources: readonly Source[]): Finding[] {
  const byPath = new Map(sources.map((source) => [source.path, source]))
  const done = new Set<string>()
  const findings: Finding[] = []
  for (const source of sources) visit(source, [])
  return findings

  function visit(source: Source, trail: readonly string[]): void {
    const start = trail.indexOf(source.path)
    if (start !== -1) {
      const loop = [...trail.slice(start), source.path]
      findings.push(finding(source, 0, `Files import each other in a circle: ${loop.join(' → ')}.`))
      return
    }
    if (done.has(source.path)) return
    for (const path of new Set(source.imports.map(({ specifier }) => target(source, specifier)))) {
      const next = byPath.get(path ?? '')
      if (next && next !== source) visit(next, [...trail, source.path])
    }
    done.add(source.path)
  }
}

/** Every import of another package that does not go through an entry of its `exports`. */
export function sideEntrances(sources: readonly Source[], packages: readonly Package[]): Finding[] {
  const findings: Finding[] = []
  for (const source of sources) {
    const home = packages.find(({ folder }) => source.path.startsWith(`${folder}/`))
    for (const { specifier, at } of source.imports) {
      const message = sideEntrance(source, specifier, home, packages)
      if (message) findings.push(finding(source, at, message))
    }
  }
  return findings
}

function sideEntrance(source: Source, specifier: string, home: Package | undefined, packages: readonly Package[]) {
  const path = target(source, specifier)
  if (path !== undefined) {
    const owner = packages.find(({ folder }) => path.startsWith(`${folder}/`))
    if (owner && owner !== home)
      return `${path} belongs to ${owner.name}. Import one of its doors: ${doorNames(owner)}.`
    if (home && owner !== home) return `${path} is outside ${home.name}; a published package would lack it.`
    return undefined
  }
  const named = packages.find(({ name }) => specifier === name || specifier.startsWith(`${name}/`))
  if (named && !named.doors.includes(`.${specifier.slice(named.name.length)}`)) {
    return `${specifier} is not a door of ${named.name}. Its doors are ${doorNames(named)}.`
  }
  return undefined
}

function doorNames({ name, doors }: Package): string {
  return doors.map((door) => posix.join(name, door)).join(', ')
}

/** The path of a relative import, or undefined for a package. */
function target(source: Source, specifier: string): string | undefined {
  return specifier.startsWith('.') ? posix.join(posix.dirname(source.path), specifier) : undefined
}

function floorOf(room: string): number {
  return FLOORS.findIndex((rooms) => rooms.some((name) => name === room))
}
