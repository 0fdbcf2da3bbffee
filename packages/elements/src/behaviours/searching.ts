import { announce } from '../lib/announce.ts'

/** Milliseconds after the last key before the server is asked. */
const TYPING_PAUSE = 250
const BUSY_AFTER = 300

/** Where the part of a page begins that is sent later. Text of people's never looks like it, since it is escaped. */
const LATER_BEGINS = '<div data-later>'

/**
 * Forms with `data-searches` search as one types: the page that sending the form leads to is asked for, and its
 * `[data-results]` take the place of these, before the part of them that comes later is there. Its address becomes the
 * page's, so that going back comes here again.
 */
export function searchAsTyped(get: typeof fetch): void {
  let typing: ReturnType<typeof setTimeout> | undefined
  let asking: AbortController | undefined

  async function search(form: HTMLFormElement): Promise<void> {
    asking?.abort()
    const mine = new AbortController()
    asking = mine
    const results = document.querySelector<HTMLElement>('[data-results]')
    const busy = setTimeout(() => results?.setAttribute('aria-busy', 'true'), BUSY_AFTER)
    const url = addressOf(form)
    try {
      const answer = await get(url, { headers: { Accept: 'text/html' }, signal: mine.signal })
      let text = ''
      let isShown = false
      for await (const more of textOf(answer)) {
        text += more
        if (isShown || !text.includes(LATER_BEGINS)) continue
        if (mine.signal.aborted || !results || !show(text, form, results, url)) break
        isShown = true
        clearTimeout(busy)
        results.removeAttribute('aria-busy')
      }
      if (mine.signal.aborted) return
      if (isShown && results) showLater(text, results)
      else if (!results || !show(text, form, results, url)) return form.submit()
    } catch {
      // The server is away. Sending the form says so in words.
      if (!mine.signal.aborted) form.submit()
    } finally {
      clearTimeout(busy)
      if (asking === mine) results?.removeAttribute('aria-busy')
    }
  }

  document.addEventListener('input', (event) => {
    const field = event.target
    if (!(field instanceof HTMLInputElement) || field.type !== 'search') return
    const form = field.form
    if (!form?.matches('[data-searches]')) return
    clearTimeout(typing)
    typing = setTimeout(() => search(form), TYPING_PAUSE)
  })
  document.addEventListener('submit', () => {
    clearTimeout(typing)
    asking?.abort()
  })
}

/** What has come of an answer, piece by piece. */
async function* textOf(answer: Response): AsyncGenerator<string> {
  const reader = answer.body?.pipeThrough(new TextDecoderStream()).getReader()
  for (let piece = await reader?.read(); piece && !piece.done; piece = await reader?.read()) yield piece.value
}

/** @returns false where it is no page with results */
function show(text: string, form: HTMLFormElement, results: HTMLElement, url: string): boolean {
  const fresh = parsed(text)
  const found = fresh.querySelector<HTMLElement>('[data-results]')
  if (!found) return false
  results.replaceChildren(...found.childNodes)
  adoptChoices(form, fresh)
  history.replaceState(null, '', url)
  announce(results.querySelector('.found, .empty h2')?.textContent ?? '')
  return true
}

/** The rest of a page whose beginning is shown. */
function showLater(text: string, results: HTMLElement): void {
  const found = parsed(text).querySelector('[data-results] [data-later]')
  if (found) results.querySelector('[data-later]')?.replaceChildren(...found.childNodes)
}

function parsed(text: string): Document {
  return new DOMParser().parseFromString(text, 'text/html')
}

function addressOf(form: HTMLFormElement): string {
  const parameters = new URLSearchParams()
  for (const [name, value] of new FormData(form)) {
    if (typeof value === 'string' && value !== '') parameters.append(name, value)
  }
  const url = new URL(form.action)
  url.search = parameters.toString()
  return url.href
}

/**
 * Orders and looks depend on what is searched; the field that is typed in stays as it is. Orders are copied: a list that
 * loses its options one by one chooses the next each time, and the last of them would be chosen here.
 */
function adoptChoices(form: HTMLFormElement, fresh: Document): void {
  const other = fresh.querySelector('form[data-searches]')
  const [mine, theirs] = [form, other].map((one) => one?.querySelector('select[name=_sort]'))
  if (mine && theirs) mine.replaceChildren(...[...theirs.childNodes].map((option) => option.cloneNode(true)))
  const [views, newViews] = [form, other].map((one) => one?.querySelector('.segmented'))
  if (views && newViews) views.replaceWith(newViews)
}
