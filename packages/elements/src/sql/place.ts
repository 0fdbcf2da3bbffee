/** A table that a statement reads, by the name that it has in there. */
interface ReadTable {
  readonly table: string
  /** Another name for it, or its own. */
  readonly alias: string
}

/** What is meant where somebody writes in a statement. */
export interface Place {
  /**
   * `table`: after FROM or JOIN. `value`: where columns and functions stand. `keyword`: behind a table, where the statement
   * goes on. `start`: where a statement begins.
   */
  readonly wants: 'start' | 'table' | 'value' | 'keyword'
  /** Where what is written begins; at the quote, where it is in quotes. */
  readonly from: number
  readonly isQuoted: boolean
  /** What stands before the dot: the columns of this table are meant. */
  readonly of: string | null
  /** The tables of the whole statement, also those behind the cursor, and the queries that WITH names. */
  readonly tables: readonly ReadTable[]
  readonly named: readonly string[]
}

interface Token {
  readonly kind: 'word' | 'name' | 'text' | 'comment' | 'sign'
  readonly from: number
  readonly to: number
  /** Without quotes; as it is written. */
  readonly text: string
  readonly isOpen: boolean
}

const TOKENS =
  /(?<comment>--[^\n]*|\/\*[\s\S]*?(?:\*\/|$))|(?<text>'(?:[^']|'')*(?:'|$)|\$\$[\s\S]*?(?:\$\$|$))|(?<name>"(?:[^"]|"")*(?:"|$))|(?<word>[\p{L}_][\p{L}\p{N}_$]*)|(?<sign>[^\s])/gu

const VALUES = ['select', 'where', 'having', 'on', 'by', 'qualify', 'using', 'and', 'or', 'when', 'then', 'else']
const TABLES = ['from', 'join', 'pivot', 'unpivot', 'summarize', 'describe']
/** What may follow a table without a comma, so that it is no other name for it. */
const NO_ALIAS = new Set([
  ...VALUES,
  ...[
    'as',
    'left',
    'right',
    'full',
    'inner',
    'outer',
    'cross',
    'natural',
    'join',
    'asof',
    'positional',
    'semi',
    'anti',
  ],
  ...['group', 'order', 'limit', 'offset', 'union', 'except', 'intersect', 'window', 'tablesample', 'sample', 'from'],
])

/** Where the cursor stands in a text of SQL; null in a comment or a text, where nothing is offered. */
export function placeAt(text: string, at: number): Place | null {
  const all = tokensOf(text)
  const here = all.find(({ from, to, isOpen }) => from < at && (at < to || (at === to && isOpen)))
  if (here?.kind === 'comment' || here?.kind === 'text') return null
  const before = all.filter(({ from, kind }) => from < at && kind !== 'comment')
  const last = before.at(-1)
  const isWithin = last !== undefined && (last.kind === 'word' || last.kind === 'name') && last.to >= at
  // A name whose quotes are closed before the cursor is written to its end.
  const isWritten = isWithin && !(last.kind === 'name' && last.to === at && !last.isOpen)
  const written = isWritten ? last : undefined
  const done = written === undefined ? before : before.slice(0, -1)
  const dot = done.at(-1)
  const owner = done.at(-2)
  const isOf = dot?.text === '.' && dot.to === (written?.from ?? at) && isName(owner) && owner.to === dot.from
  const statement = all.filter(({ kind }) => kind !== 'comment')
  return {
    wants: wantedBehind(isOf ? done.slice(0, -2) : done).at(-1) ?? 'start',
    from: written?.from ?? at,
    isQuoted: written?.kind === 'name',
    of: isOf ? owner.text : null,
    ...readIn(statementAround(statement, at)),
  }
}

function tokensOf(text: string): Token[] {
  return [...text.matchAll(TOKENS)].map(({ groups = {}, index, 0: written }) => {
    const kind = (Object.keys(groups).find((name) => groups[name] !== undefined) ?? 'sign') as Token['kind']
    const to = index + written.length
    const isClosed = kind === 'comment' ? /\*\/$/.test(written) : written.length > 1 && /(?:'|"|\$\$)$/.test(written)
    const quoted = kind === 'name'
    return {
      ...{ kind, from: index, to, isOpen: !isClosed },
      text: quoted ? written.slice(1, isClosed ? -1 : undefined).replaceAll('""', '"') : written,
    }
  })
}

function isName(token: Token | undefined): token is Token {
  return token?.kind === 'word' || token?.kind === 'name'
}

function isSign(token: Token | undefined, text: string): boolean {
  return token?.kind === 'sign' && token.text === text
}

function wordOf(token: Token | undefined): string {
  return token?.kind === 'word' ? token.text.toLowerCase() : ''
}

/** What is wanted behind each token. Brackets have a place of their own, and leave it as it was. */
function wantedBehind(tokens: readonly Token[]): Place['wants'][] {
  let wants: Place['wants'] = 'start'
  const outside: Place['wants'][] = []
  return tokens.map((token) => {
    const word = wordOf(token)
    if (isSign(token, '(')) {
      outside.push(wants === 'table' ? 'keyword' : wants)
      if (wants !== 'value') wants = 'start'
    } else if (isSign(token, ')')) wants = outside.pop() ?? wants
    else if (isSign(token, ';')) wants = 'start'
    else if (isSign(token, ',')) wants = wants === 'keyword' ? 'table' : wants
    else if (TABLES.includes(word)) wants = 'table'
    else if (VALUES.includes(word)) wants = 'value'
    else if (wants === 'table' && isName(token)) wants = 'keyword'
    return wants
  })
}

function statementAround(tokens: readonly Token[], at: number): readonly Token[] {
  const ends = tokens.filter((token) => isSign(token, ';')).map(({ from }) => from)
  const start = ends.findLast((end) => end < at) ?? -1
  const end = ends.find((one) => one >= at) ?? Number.POSITIVE_INFINITY
  return tokens.filter(({ from }) => from > start && from < end)
}

function readIn(tokens: readonly Token[]): Pick<Place, 'tables' | 'named'> {
  const tables: ReadTable[] = []
  const named: string[] = []
  const wanted = wantedBehind(tokens)
  for (const [at, token] of tokens.entries()) {
    const [isAs, isOpening] = [wordOf(tokens[at + 1]) === 'as', isSign(tokens[at + 2], '(')]
    if (isName(token) && isAs && isOpening) named.push(token.text)
    if (!isName(token) || wanted[at - 1] !== 'table') continue
    const other = tokens[at + (isAs ? 2 : 1)]
    const isAlias = isName(other) && (isAs || !NO_ALIAS.has(wordOf(other)))
    tables.push({ table: token.text, alias: isAlias ? other.text : token.text })
  }
  return { tables, named }
}
