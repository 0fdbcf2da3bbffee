import { type JsonOptions, jsonText } from '../../tables/json.ts'
import { HoldallError } from '../../web/error.ts'
import type { Facet, RowsPage } from './read.ts'

/** What can be told beside the rows, by its name in `_extra`. */
const EXTRAS: Readonly<Record<string, (page: RowsPage) => unknown>> = {
  count: ({ count }) => count,
  columns: ({ columns }) => columns.map(({ name }) => name),
  all_columns: ({ question }) => question.table.columns.map(({ name }) => name),
  column_types: ({ columns }) => Object.fromEntries(columns.map(({ name, type }) => [name, type])),
  primary_keys: () => [],
  human_description_en: ({ question }) => question.description,
}

/** The names in `_extra`, repeated or with commas. @throws HoldallError `bad_request` for one that is none */
export function readExtras(parameters: URLSearchParams): ReadonlySet<string> {
  const names = parameters.getAll('_extra').flatMap((value) => value.split(',').map((name) => name.trim()))
  const wanted = new Set(names.filter((name) => name !== ''))
  const unknown = [...wanted].filter((name) => !Object.hasOwn(EXTRAS, name))
  if (unknown.length > 0) throw new HoldallError('bad_request', { reason: `Unknown _extra: ${unknown.join(', ')}` })
  return wanted
}

/** The whole answer as text, in the shape that is asked for. */
export function rowsAnswer(
  page: RowsPage,
  options: JsonOptions,
  { extras, nextUrl }: { readonly extras: ReadonlySet<string>; readonly nextUrl: string | null },
): string {
  const names = page.columns.map(({ name }) => name)
  const parsed = new Set(options.json)
  const cells = page.rows.map((row) => names.map((name) => cellOf(row[name], parsed.has(name))))
  // Made of pairs: a column may be called `__proto__`.
  const objects = () => cells.map((row) => Object.fromEntries(row.map((cell, at) => [names[at] as string, cell])))
  switch (options.shape) {
    case 'array':
      return options.lines ? objects().map(jsonText).join('\n') : jsonText(objects())
    case 'arrayfirst':
      return jsonText(cells.map((row) => row[0] ?? null))
    case 'object':
      throw new HoldallError('bad_request', { reason: '_shape=object not available for tables with no primary keys' })
    default:
      return jsonText({
        ok: true,
        next: page.next,
        next_url: nextUrl,
        ...Object.fromEntries([...extras].map((name) => [name, EXTRAS[name]?.(page)])),
        ...(page.question.facets.length > 0 && { facet_results: facetsJson(page) }),
        rows: options.shape === 'arrays' ? cells : objects(),
        truncated: false,
      })
  }
}

function facetsJson({ facets, timedOut }: RowsPage) {
  return { results: Object.fromEntries(facets.map((facet) => [facet.column, facetJson(facet)])), timed_out: timedOut }
}

function facetJson({ column, values, truncated }: Facet) {
  return { name: column, type: 'column', results: values, truncated }
}

function cellOf(value: unknown, isJson: boolean): unknown {
  if (!isJson || typeof value !== 'string') return value ?? null
  try {
    return JSON.parse(value)
  } catch {
    return value
  }
}
