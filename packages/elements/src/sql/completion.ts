import type { Completion, CompletionContext, CompletionResult, CompletionSource } from '@codemirror/autocomplete'
import { type Place, placeAt } from './place.ts'
import type { Words } from './words.ts'

/** Further up in the list; what only contains what is written stands behind what begins with it, whatever it is. */
const RANKS = { first: 99, second: 50, third: 0, fourth: -50, last: -99 } as const

/**
 * Offers what can stand where the cursor is: tables behind FROM, and no keyword that begins as their middle does; else the
 * columns of the tables that are read, then functions and keywords. Without a letter it offers only where there is little
 * choice: behind FROM, JOIN, and a dot.
 */
export function completeFrom(words: Words): CompletionSource {
  const keywords = [
    ...words.keywords.quoted.map((label) => ({ label, type: 'keyword', boost: RANKS.fourth })),
    ...words.keywords.others.map((label) => ({ label, type: 'keyword', boost: RANKS.last })),
  ]
  const calls = words.functions.map((label) => functionOf(label, RANKS.third))
  const rowCalls = words.tableFunctions.map((label) => functionOf(label, RANKS.second))
  const mustBeQuoted = new Set(words.keywords.quoted)

  function nameOf(name: string): string {
    return /^[a-z_][a-z0-9_]*$/i.test(name) && !mustBeQuoted.has(name.toLowerCase())
      ? name
      : `"${name.replaceAll('"', '""')}"`
  }

  function named(label: string, isQuoted: boolean, more: Omit<Completion, 'label'>): Completion {
    const quoted = `"${label.replaceAll('"', '""')}"`
    const all = { ...more, ...(more.detail !== undefined && { detail: apart(more.detail) }) }
    return isQuoted ? { ...all, label: quoted, displayLabel: label } : { ...all, label, apply: nameOf(label) }
  }

  function columnsOf(table: string, isQuoted: boolean, boost: number): Completion[] {
    const known = Object.entries(words.tables).find(([name]) => isSame(name, table))
    return (known?.[1] ?? []).map(([name, detail]) => named(name, isQuoted, { detail, type: 'property', boost }))
  }

  function readColumns({ tables, isQuoted }: Place, boost: number): Completion[] {
    const read = tables.map(({ table }) => table).filter((name) => isKnown(words, name))
    const all = (read.length === 0 ? [words.table] : read).flatMap((name) => columnsOf(name, isQuoted, boost))
    return [...new Map(all.map((one) => [`${one.label} ${one.detail}`, one])).values()]
  }

  function tablesHere({ named: queries, isQuoted }: Place): Completion[] {
    const own = (name: string) => (isSame(name, words.table) ? RANKS.first : RANKS.second)
    return [
      ...queries.map((name) => named(name, isQuoted, { detail: 'query', type: 'type', boost: RANKS.first })),
      ...Object.keys(words.tables).map((name) =>
        named(name, isQuoted, { detail: words.titles[name] ?? 'table', type: 'type', boost: own(name) }),
      ),
    ]
  }

  function optionsAt(place: Place): Completion[] {
    const { of, wants, isQuoted, tables } = place
    if (of !== null) {
      const meant = tables.find(({ alias }) => isSame(alias, of))?.table ?? of
      return columnsOf(meant, isQuoted, RANKS.first)
    }
    const unquoted = (options: readonly Completion[]) => (isQuoted ? [] : options)
    switch (wants) {
      case 'table':
        return [...tablesHere(place), ...unquoted(rowCalls)]
      case 'value': {
        const aliases = tables.map(({ alias }) => named(alias, isQuoted, { type: 'type', boost: RANKS.second }))
        return [...readColumns(place, RANKS.first), ...aliases, ...unquoted(calls), ...unquoted(keywords)]
      }
      default:
        return [...unquoted(keywords.map((one) => ({ ...one, boost: (one.boost + RANKS.first) / 2 })))]
    }
  }

  return (context: CompletionContext): CompletionResult | null => {
    const text = context.state.doc.toString()
    const place = placeAt(text, context.pos)
    if (place === null) return null
    const isWritten = place.from < context.pos
    const isNarrow = place.of !== null || (place.wants === 'table' && /\s$/.test(text.slice(0, context.pos)))
    if (!isWritten && !isNarrow && !context.explicit) return null
    // A number has no letters to go on with.
    if (!isWritten && !context.explicit && /\d\.$/.test(text.slice(0, context.pos))) return null
    const all = optionsAt(place)
    const options = isWritten || context.explicit ? all : all.filter(({ type }) => type !== 'keyword')
    if (options.length === 0) return null
    const closes = place.isQuoted && text[context.pos] === '"'
    return {
      from: place.from,
      ...(closes && { to: context.pos + 1 }),
      options,
      validFor: place.isQuoted ? /^"[^"]*"?$/ : /^[\p{L}\p{N}_$]*$/u,
    }
  }
}

function functionOf(label: string, boost: number): Completion {
  return { label, type: 'function', detail: apart('function'), apply: `${label}(`, boost }
}

/** What is read out follows the name as a word of its own. */
function apart(detail: string): string {
  return ` ${detail}`
}

/** As DuckDB compares names. */
function isSame(one: string, other: string): boolean {
  return one.toLowerCase() === other.toLowerCase()
}

function isKnown({ tables }: Words, name: string): boolean {
  return Object.entries(tables).some(([table, columns]) => isSame(table, name) && columns.length > 0)
}
