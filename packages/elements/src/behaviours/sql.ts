import { formatDay } from '../lib/format.ts'

/** Statements that are kept; the oldest go first. */
const MAX_KEPT = 50
/** Of one statement in the list. */
const MAX_SHOWN = 120

interface Asked {
  readonly sql: string
  /** ISO 8601 */
  readonly at: string
}

/** Loads the editor where there is something to edit: it is larger than all the rest. */
export function loadSqlEditor(): void {
  const address = document.querySelector<HTMLElement>('textarea[data-sql-editor]')?.dataset.sqlEditor
  if (address) import(address)
}

/**
 * Keeps what somebody has asked, in this browser and under their name, and lists it: a press asks it again. What failed
 * is not kept.
 */
export function keepQueries(): void {
  const menu = document.querySelector<HTMLDetailsElement>('[data-query-history]')
  const key = menu?.dataset.queryHistory
  if (!menu || !key) return
  const area = document.querySelector<HTMLTextAreaElement>('textarea[data-sql-editor]')
  if (menu.dataset.asked !== undefined && area?.value.trim()) remember(key, area.defaultValue)
  show(menu, key)
  menu.querySelector<HTMLButtonElement>('[data-clear]')?.addEventListener('click', () => {
    write(key, [])
    menu.open = false
    menu.hidden = true
    document.querySelector<HTMLElement>('.run-bar button')?.focus()
  })
}

/** The same for what was asked, and answered, without leaving the page. */
export function rememberQuery(sql: string): void {
  const menu = document.querySelector<HTMLDetailsElement>('[data-query-history]')
  const key = menu?.dataset.queryHistory
  if (!menu || !key) return
  remember(key, sql)
  show(menu, key)
}

function show(menu: HTMLDetailsElement, key: string): void {
  const asked = read(key)
  menu.hidden = asked.length === 0
  menu.querySelector('[data-list]')?.replaceChildren(...asked.map((one) => item(one, menu.dataset.action ?? '')))
}

function item({ sql, at }: Asked, action: string): HTMLElement {
  const entry = document.createElement('li')
  const link = document.createElement('a')
  link.href = `${action}?${new URLSearchParams({ tab: 'query', sql })}#query`
  link.title = sql
  const text = document.createElement('span')
  const line = sql.replace(/\s+/g, ' ').trim()
  const code = document.createElement('code')
  code.textContent = line.length > MAX_SHOWN ? `${line.slice(0, MAX_SHOWN)}…` : line
  const when = document.createElement('small')
  when.textContent = formatDay(at)
  text.append(code, when)
  link.append(text)
  entry.append(link)
  return entry
}

function remember(key: string, sql: string): void {
  const others = read(key).filter((one) => one.sql !== sql)
  write(key, [{ sql, at: new Date().toISOString() }, ...others].slice(0, MAX_KEPT))
}

function read(key: string): readonly Asked[] {
  try {
    const kept: unknown = JSON.parse(localStorage.getItem(key) ?? '[]')
    return Array.isArray(kept) ? kept.filter(isAsked) : []
  } catch {
    // A browser may forbid it, and somebody else may have written it.
    return []
  }
}

function write(key: string, asked: readonly Asked[]): void {
  try {
    if (asked.length === 0) localStorage.removeItem(key)
    else localStorage.setItem(key, JSON.stringify(asked))
  } catch {
    // There is no room, or it is forbidden: then there is no list.
  }
}

function isAsked(value: unknown): value is Asked {
  const { sql, at } = (value ?? {}) as Record<string, unknown>
  return typeof sql === 'string' && typeof at === 'string'
}
