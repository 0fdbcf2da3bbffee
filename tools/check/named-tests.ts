import { type Expression, Visitor } from 'oxc-parser'
import type { Finding, Source } from './source.ts'

/** A page of the documentation; `path` is relative to the root of the workspace. */
export interface DocsPage {
  readonly path: string
  readonly text: string
}

/** Where most tests are; a file named without a folder of the workspace is in here. */
const HOME = 'packages/holdall/src/'
const NAMED = /`([^`\s]+\.ts) › ([^`]+)`/g
const CALLS = ['test', 'it', 'describe']
const BETWEEN = ' › '

/**
 * Every test that a page names, as `file.test.ts › title`, and that is not there. A title may begin with those of its
 * groups; `…` stands for what a title that is put together takes in.
 */
export function missingTests(pages: readonly DocsPage[], sources: readonly Source[]): Finding[] {
  const byPath = new Map(sources.map((source) => [source.path, source]))
  const known = new Map<Source, ReadonlySet<string>>()
  return pages.flatMap(({ path, text }) =>
    [...text.matchAll(NAMED)].flatMap(({ index, 1: file = '', 2: title = '' }) => {
      const line = text.slice(0, index).split('\n').length
      const source = byPath.get(file) ?? byPath.get(HOME + file)
      if (source === undefined) return [{ path, line, message: `There is no ${file}.` }]
      const titles = known.get(source) ?? titlesOf(source)
      known.set(source, titles)
      return titles.has(title) ? [] : [{ path, line, message: `${source.path} has no test “${title}”.` }]
    }),
  )
}

/** The titles of tests and groups, alone and after those of the groups around them. */
function titlesOf(source: Source): Set<string> {
  const found: { readonly title: string; readonly start: number; readonly end: number }[] = []
  new Visitor({
    CallExpression({ callee, arguments: [first], start, end }) {
      if (callee.type !== 'Identifier' || !CALLS.includes(callee.name)) return
      const title = titleOf(first as Expression | undefined)
      if (title !== undefined) found.push({ title, start, end })
    },
  }).visit(source.program)
  return new Set(
    found.flatMap(({ title, start }) => {
      const around = found.filter((group) => group.start < start && start < group.end).map((group) => group.title)
      const names = [...around, title]
      return names.map((_, at) => names.slice(at).join(BETWEEN))
    }),
  )
}

function titleOf(written: Expression | undefined): string | undefined {
  if (written?.type === 'Literal') return typeof written.value === 'string' ? written.value : undefined
  if (written?.type !== 'TemplateLiteral') return undefined
  return written.quasis.map(({ value }) => value.cooked ?? value.raw).join('…')
}
