import { announce } from '../lib/announce.ts'
import { showCopyButtons } from './copy.ts'

const LOOK_EVERY_MS = 4_000
const LOOK_TIMEOUT_MS = 10_000
/** Looks that found no server before it is said: one may fail of a network that changes. */
const SILENT_AFTER = 2
/** What a proxy answers while the server behind it is away begins here. */
const BAD_GATEWAY = 502

/**
 * Parts of a page with `data-live` (a name) follow the server while one of them has `data-live-on`, which says what to
 * announce when it is over. Nobody looks while the page is hidden; coming back to it looks at once. Without scripts the
 * page is as it was until it is loaded again.
 */
export function followLive(get: typeof fetch): void {
  if (!isOn()) return
  let looking = false
  let failed = 0
  async function look(): Promise<void> {
    if (looking || document.hidden || !isOn()) return
    looking = true
    try {
      const signal = AbortSignal.timeout(LOOK_TIMEOUT_MS)
      const answer = await get(location.href, { headers: { Accept: 'text/html' }, signal })
      if (answer.ok) adoptLive(new DOMParser().parseFromString(await answer.text(), 'text/html'))
      failed = answer.status < BAD_GATEWAY ? 0 : failed + 1
    } catch {
      // The server is away: the next look may find it.
      failed += 1
    } finally {
      looking = false
    }
    tellSilence(failed >= SILENT_AFTER)
  }
  setInterval(look, LOOK_EVERY_MS)
  document.addEventListener('visibilitychange', look)
  addEventListener('focus', look)
}

let silence: HTMLElement | undefined

/** One line beside the part that follows, as long as nobody answers. */
function tellSilence(isSilent: boolean): void {
  if (!isSilent) {
    silence?.remove()
    silence = undefined
    return
  }
  if (silence?.isConnected) return
  const part = document.querySelector('[data-live-on]:not(span)') ?? document.querySelector('[data-live-on]')
  silence = document.createElement('p')
  silence.className = 'muted'
  silence.textContent = 'The server does not answer. This page goes on when it does.'
  // A part of a paragraph has no room for another.
  const beside = part?.closest('p') ?? part
  beside?.after(silence)
  announce(silence.textContent)
}

/** Brings the parts of this page up to date that follow the server, because something has happened. */
export async function lookOnce(get: typeof fetch): Promise<void> {
  try {
    const answer = await get(location.href, { headers: { Accept: 'text/html' } })
    if (answer.ok) adoptLive(new DOMParser().parseFromString(await answer.text(), 'text/html'))
  } catch {
    // Loading the page again shows it as well.
  }
}

function isOn(): boolean {
  return document.querySelector('[data-live-on]') !== null
}

/** Shows the parts that follow the server as a page shows them that just came from it. */
export function adoptLive(fresh: Document): void {
  tellSilence(false)
  const ended: string[] = []
  for (const part of document.querySelectorAll<HTMLElement>('[data-live]')) {
    const other = fresh.querySelector<HTMLElement>(`[data-live="${part.dataset.live}"]`)
    if (!other) continue
    const { liveOn } = part.dataset
    replace(part, other)
    if (liveOn && part.dataset.liveOn === undefined) ended.push(liveOn)
  }
  if (ended.length > 0) announce(ended.join('. '))
}

function replace(part: HTMLElement, other: HTMLElement): void {
  const { liveOn } = other.dataset
  if (liveOn === undefined) delete part.dataset.liveOn
  else part.dataset.liveOn = liveOn
  if (asSent(part) === asSent(other)) return
  const focused = part.contains(document.activeElement) ? (document.activeElement as HTMLElement) : null
  part.replaceChildren(...other.childNodes)
  showCopyButtons(part)
  if (focused) keepFocus(part, focused)
}

/** As the server sent it: our own script shows the buttons that copy. */
function asSent(part: HTMLElement): string {
  const copy = part.cloneNode(true) as HTMLElement
  for (const button of copy.querySelectorAll<HTMLElement>('[data-copy]')) button.hidden = true
  return copy.innerHTML
}

/** What had focus may be there again; else focus stays where it was, on the part itself. */
function keepFocus(part: HTMLElement, focused: HTMLElement): void {
  const label = focused.getAttribute('aria-label')
  const again = [...part.querySelectorAll<HTMLElement>(focused.localName)].find(
    (element) => element.getAttribute('aria-label') === label && element.textContent === focused.textContent,
  )
  if (!again) part.tabIndex = -1
  const target = again ?? part
  target.focus({ preventScroll: true })
}
