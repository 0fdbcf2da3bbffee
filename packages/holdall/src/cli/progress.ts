import { formatBytes } from '../web/format.ts'

const REFRESH_MS = 100
const BAR_WIDTH = 24
const DEFAULT_COLUMNS = 80
const CLEAR_LINE = '\r\u001b[K'

/** One line on a terminal that is written over; nothing elsewhere, where it would only be noise. */
export interface ProgressLine {
  /** @param total `undefined` while nobody knows it: then there is no bar */
  show(name: string, phase: string, sent: number, total: number | undefined): void
  /** The bar and a text of one's own, as much of it as fits. @param text is only asked for when it is drawn */
  draw(sent: number, total: number, text: () => string): void
  clear(): void
}

export function progressLine(
  out: { write(text: string): unknown },
  terminal: boolean,
  now: () => number = () => performance.now(),
  columns: number = DEFAULT_COLUMNS,
): ProgressLine {
  let last = Number.NEGATIVE_INFINITY
  let began: number | undefined

  function due(done: boolean): boolean {
    const time = now()
    if (!terminal || (time - last < REFRESH_MS && !done)) return false
    last = time
    return true
  }

  return {
    show(name, phase, sent, total) {
      began ??= now()
      if (!due(sent === total)) return
      const rate = sent / Math.max(0.001, (now() - began) / 1000)
      const share = total === undefined ? '' : `${bar(sent, total)} `
      out.write(`${CLEAR_LINE}${share}${name} · ${phase === 'sending' ? `${formatBytes(rate)}/s` : phase}`)
    },
    draw(sent, total, text) {
      if (!due(sent >= total)) return
      const drawn = `${bar(sent, total)} ${text()}`
      // A line that wraps cannot be written over.
      out.write(CLEAR_LINE + (drawn.length < columns ? drawn : `${drawn.slice(0, Math.max(1, columns - 2))}…`))
    },
    clear() {
      began = undefined
      if (terminal) out.write(CLEAR_LINE)
    },
  }
}

function bar(sent: number, total: number): string {
  const share = total === 0 ? 1 : Math.min(1, sent / total)
  const filled = Math.round(share * BAR_WIDTH)
  return `${'█'.repeat(filled)}${'░'.repeat(BAR_WIDTH - filled)} ${String(Math.floor(share * 100)).padStart(3)}%`
}
