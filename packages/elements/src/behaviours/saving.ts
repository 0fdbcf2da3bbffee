import { announce } from '../lib/announce.ts'
import { formatBytes, formatDuration } from '../lib/format.ts'
import { followLines, type Line, NoAnswer } from '../lib/lines.ts'

const SECOND_MS = 1_000

/** The last line of a file that is made. */
interface Made extends Line {
  readonly href?: string
  readonly filename?: string
  readonly size_bytes?: number
}

/**
 * Links with `data-export` lead to files that the server makes when they are asked for, which may take minutes: that it is
 * being made is said at once, beside them, and how it ended. Without scripts the link does the same and says nothing.
 */
export function saveExports(get: typeof fetch): void {
  document.addEventListener('click', (event) => {
    const link = (event.target as Element).closest<HTMLAnchorElement>('a[data-export]')
    if (!link || event.defaultPrevented || event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return
    event.preventDefault()
    const menu = link.closest('details')
    const button = menu?.querySelector('summary')
    if (menu) menu.open = false
    button?.focus()
    save(link, get, button ?? link)
  })
}

/** @param busy what is marked so meanwhile */
async function save(link: HTMLAnchorElement, get: typeof fetch, busy: HTMLElement): Promise<void> {
  const kind = link.dataset.export ?? ''
  const stop = new AbortController()
  const strip = createStrip(placeOf(link), kind, stop)
  // Whoever leaves the page wants no file.
  addEventListener('pagehide', () => stop.abort(), { once: true })
  busy.ariaBusy = 'true'
  try {
    const address = new URL(link.href)
    address.searchParams.set('_follow', '1')
    const last = await followLines<Made>(await get(address.href, { signal: stop.signal }), () => {})
    if (last.state === 'failed' || !last.href) return strip.end('danger', `No file was made. ${last.error ?? ''}`)
    fetchFile(last.href)
    strip.end('success', `${last.filename} is ready (${formatBytes(last.size_bytes ?? 0)}); its download has begun.`)
  } catch (error) {
    if (error instanceof NoAnswer) return location.assign(link.href)
    if (stop.signal.aborted) strip.end('info', `Stopped after ${strip.time()}. No file was made.`)
    else strip.end('danger', 'The connection broke before the file was made. Choose it again to try once more.')
  } finally {
    busy.ariaBusy = null
  }
}

/** It comes as an attachment: the page stays. */
function fetchFile(href: string): void {
  const link = document.createElement('a')
  link.href = href
  link.download = ''
  link.click()
}

/** What the strip stands behind: the head of the panel of queries, or what is said of the dataset. */
function placeOf(link: HTMLElement): Element | null {
  return link.closest('.query-panel')?.querySelector('.panel-head') ?? document.querySelector('.provenance')
}

/** Says that a file is being made, for how long already, and how it ended; another one takes its place. */
function createStrip(place: Element | null, kind: string, stop: AbortController) {
  const started = performance.now()
  const strip = document.createElement('div')
  const sign = document.createElement('span')
  const words = document.createElement('p')
  const button = document.createElement('button')
  strip.className = 'notice export-state'
  sign.className = 'spinner'
  words.className = 'grow tabular'
  button.type = 'button'
  button.className = 'button quiet small'
  button.textContent = 'Stop'
  strip.append(sign, words, button)
  if (place?.nextElementSibling?.matches('.export-state')) place.nextElementSibling.remove()
  place?.after(strip)
  strip.scrollIntoView({ block: 'nearest' })
  button.addEventListener('click', () => (sign.isConnected ? stop.abort() : strip.remove()))

  function time(): string {
    return formatDuration((performance.now() - started) / SECOND_MS)
  }
  function say(): void {
    words.textContent = `Making the ${kind} file: ${time()}`
  }
  say()
  announce(`Making the ${kind} file`)
  const ticking = setInterval(say, SECOND_MS)

  return {
    time,
    end(tone: 'danger' | 'success' | 'info', text: string): void {
      clearInterval(ticking)
      sign.remove()
      strip.classList.add(tone)
      words.textContent = text.trim()
      button.textContent = 'Close'
      announce(text)
    },
  }
}
