import { formatDuration } from '../lib/format.ts'
import { followLines, LINES_TYPE, type Line, NoAnswer } from '../lib/lines.ts'
import { rememberQuery } from './sql.ts'

/** What is quicker shows no progress. */
const SHOWN_AFTER_MS = 300
const SECOND_MS = 1_000
/** A share of the work that stands still so long says nothing of what is left. */
const STILL_MS = 3_000

/** The last line of a query. */
interface Answered extends Line {
  readonly panel?: string
  readonly tabs?: string
}

/**
 * Queries are asked without leaving the page, which says how long they have taken, how far they are where the server
 * knows it, and stops them: whoever goes away, or presses Stop, ends the query on the server. Without scripts the form
 * leads to the same answer.
 */
export function askQueries(get: typeof fetch): void {
  for (const form of document.querySelectorAll<HTMLFormElement>('form[data-query-form]')) follow(form, get)
}

function follow(form: HTMLFormElement, get: typeof fetch): void {
  const area = form.querySelector<HTMLTextAreaElement>('textarea[name=sql]')
  const bar = createBar(form)
  let asking: AbortController | undefined
  let shown = location.search

  form.addEventListener('submit', (event) => {
    if (!area?.value.trim()) return
    event.preventDefault()
    asking?.abort()
    asking = new AbortController()
    ask(area, asking)
  })
  bar.stop?.addEventListener('click', () => asking?.abort())
  // The page may come back from the browser's cache.
  addEventListener('pagehide', () => asking?.abort())
  addEventListener('popstate', () => {
    if (location.search !== shown) location.reload()
  })

  async function ask(area: HTMLTextAreaElement, mine: AbortController): Promise<void> {
    const sql = area.value
    const address = `${form.action.split('#')[0]}?${new URLSearchParams({ tab: 'query', sql })}`
    bar.begin()
    try {
      const response = await get(address, { headers: { Accept: LINES_TYPE }, signal: mine.signal })
      const last = await followLines<Answered>(response, bar.tell)
      if (mine !== asking) return
      bar.end('')
      if (last.state === 'failed') return refuse(form, last.error ?? 'It failed.')
      if (adopt(form, area, last) === 'answered') rememberQuery(sql)
      history.pushState(null, '', `${address}#query`)
      shown = location.search
    } catch (error) {
      if (mine !== asking) return
      if (error instanceof NoAnswer) return form.submit()
      const why = mine.signal.aborted ? `Stopped after ${bar.time()}` : 'The connection broke'
      empty(form)
      bar.end(`${why}. The statement is kept; Run asks it again.`)
    } finally {
      if (mine === asking) asking = undefined
    }
  }
}

/** What stands under the editor: Run or Stop, and how it goes. */
function createBar(form: HTMLFormElement) {
  const run = form.querySelector<HTMLElement>('[data-query-run]')
  const stop = form.querySelector<HTMLElement>('[data-query-stop]')
  const said = form.querySelector<HTMLElement>('[data-query-part=said]')
  const time = form.querySelector<HTMLElement>('[data-query-time]')
  const progress = form.querySelector<HTMLProgressElement>('[data-query-progress]')
  const answer = form.parentElement?.querySelector<HTMLElement>('[data-query-part=answer]')
  let started = 0
  let waits = false
  let share: number | undefined
  let shareAt = 0
  let showing: ReturnType<typeof setTimeout> | undefined
  let ticking: ReturnType<typeof setInterval> | undefined

  /** One of the two is there, and has the focus that the other had. */
  function swap(isRunning: boolean): void {
    const [now, before] = isRunning ? [stop, run] : [run, stop]
    if (!now || !before) return
    const hadFocus = document.activeElement === before
    now.hidden = false
    before.hidden = true
    if (hadFocus) now.focus()
  }

  function say(): void {
    const words = waits ? 'Waits for its turn' : 'Running'
    // Said once, and again only when it is something else.
    if (said && said.textContent !== words) said.textContent = words
    if (time) time.textContent = elapsed()
    if (performance.now() - shareAt > STILL_MS) progress?.removeAttribute('value')
  }

  /** The first share that is told may be the last: only one that moves is shown. */
  function showShare(percentage: number): void {
    if (percentage === share) return
    if (progress && share !== undefined) progress.value = percentage
    share = percentage
    shareAt = performance.now()
  }

  function elapsed(): string {
    return formatDuration((performance.now() - started) / SECOND_MS)
  }

  function clear(): void {
    clearTimeout(showing)
    clearInterval(ticking)
    showing = undefined
    ticking = undefined
    swap(false)
    if (time) time.textContent = ''
    if (progress) progress.hidden = true
    if (answer) answer.ariaBusy = null
  }

  return {
    stop,
    time: elapsed,
    begin(): void {
      clear()
      // What was saved is another answer.
      form.parentElement?.querySelector('.export-state:not(:has(.spinner))')?.remove()
      started = performance.now()
      waits = false
      share = undefined
      progress?.removeAttribute('value')
      if (answer) answer.ariaBusy = 'true'
      showing = setTimeout(() => {
        swap(true)
        if (progress) progress.hidden = false
        say()
        ticking = setInterval(say, SECOND_MS)
      }, SHOWN_AFTER_MS)
    },
    tell({ state, percentage }: Line): void {
      waits = state === 'waiting'
      if (ticking !== undefined) say()
      if (percentage !== null && percentage !== undefined) showShare(percentage)
    },
    end(words: string): void {
      clear()
      if (said) said.textContent = words
    },
  }
}

/** Puts the parts of the answer in their places. What is written in the editor, and where one is in it, stays. */
function adopt(
  form: HTMLFormElement,
  area: HTMLTextAreaElement,
  { panel = '', tabs = '' }: Answered,
): 'answered' | 'refused' {
  const fresh = new DOMParser().parseFromString(panel + tabs, 'text/html')
  for (const part of partsOf(form)) {
    const other = fresh.querySelector(`[data-query-part=${part.dataset.queryPart}]`)
    part.replaceChildren(...(other?.childNodes ?? []))
  }
  const isRefused = fresh.querySelector('.sql-error') !== null
  markInvalid(area, isRefused)
  showTab(form, fresh)
  return isRefused ? 'refused' : 'answered'
}

function partsOf(form: HTMLFormElement): readonly HTMLElement[] {
  return [...(form.closest('.query-panel')?.querySelectorAll<HTMLElement>('[data-query-part]') ?? [])]
}

/** What stood there answers something else than what is written. */
function empty(form: HTMLFormElement): void {
  for (const part of partsOf(form)) part.replaceChildren()
}

/** Below the columns of a dataset a query is asked as well; what answers it is the tab of queries. */
function showTab(form: HTMLFormElement, fresh: Document): void {
  const [here, there] = [document.querySelector('nav.tabs'), fresh.querySelector('nav.tabs')]
  if (here && there) here.replaceWith(there)
  const below = form.closest('.below')
  if (!below || !there) return
  while (below.previousElementSibling && below.previousElementSibling !== there) below.previousElementSibling.remove()
  below.classList.remove('below')
}

function refuse(form: HTMLFormElement, message: string): void {
  empty(form)
  const refusal = form.querySelector<HTMLElement>('[data-query-part=refusal]')
  const box = document.createElement('div')
  box.className = 'sql-error'
  box.setAttribute('role', 'alert')
  box.textContent = message
  refusal?.replaceChildren(box)
}

function markInvalid(area: HTMLTextAreaElement, isInvalid: boolean): void {
  if (isInvalid) area.setAttribute('aria-invalid', 'true')
  else area.removeAttribute('aria-invalid')
  area.dispatchEvent(new Event('invalidated'))
}
