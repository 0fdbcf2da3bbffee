import { type Program, parseSync } from 'oxc-parser'

/** A TypeScript file as the rules see it. `path` is relative to the root of the workspace, with slashes. */
export interface Source {
  readonly path: string
  readonly text: string
  readonly program: Program
  readonly imports: readonly Import[]
}

export interface Import {
  /** What stands between the quotes. */
  readonly specifier: string
  readonly names: readonly string[]
  /** Those of the names that are there when it runs; `''` stands for the whole module. */
  readonly values: readonly string[]
  readonly at: number
}

/** Something that breaks a rule, where, and what to do instead. */
export interface Finding {
  readonly path: string
  readonly line: number
  readonly message: string
}

/** @throws Error when the text is not TypeScript */
export function parseSource(path: string, text: string): Source {
  const { program, module, errors } = parseSync(path, text)
  const [error] = errors
  if (error) throw new Error(`${path}: ${error.message}`)
  const imports: Import[] = module.staticImports.map((found) => ({
    specifier: found.moduleRequest.value,
    names: found.entries.map((entry) => entry.importName.name ?? ''),
    values: found.entries.filter(({ isType }) => !isType).map((entry) => entry.importName.name ?? ''),
    at: found.start,
  }))
  for (const { entries } of module.staticExports) {
    for (const { moduleRequest, importName, isType } of entries) {
      if (moduleRequest) {
        const names = [importName.name ?? '']
        imports.push({
          specifier: moduleRequest.value,
          names,
          values: isType ? [] : names,
          at: moduleRequest.start,
        })
      }
    }
  }
  for (const { moduleRequest } of module.dynamicImports) {
    // Only what is written out: an import that is computed (a plugin's module) is not a matter of the house.
    const literal = /^(['"])(.*)\1$/.exec(text.slice(moduleRequest.start, moduleRequest.end))
    if (literal) imports.push({ specifier: literal[2] as string, names: [], values: [''], at: moduleRequest.start })
  }
  return { path, text, program, imports }
}

export function finding(source: Source, at: number, message: string): Finding {
  return { path: source.path, line: source.text.slice(0, at).split('\n').length, message }
}

/** A test, or what only tests use (`test-room.ts`). */
export function isTest(path: string): boolean {
  return /(?:^|\/)test-[^/]+\.ts$|\.test\.ts$/.test(path)
}
