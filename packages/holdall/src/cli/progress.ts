import { formatBytes } from '../web/format.ts'

const REFRESH_MS = 100
const BAR_WIDTH = 24
const CLEAR_LINE = '\r\u001b[K'

/** One line on a terminal that is written over; nothing elsewhere, where it would only be noise. */
export interface ProgressLine {
  /** @param total `undefined` while nobody knows it: then there is no bar */
  show(name: string, phase: string, sent: number, total: number | undefined): void
  clear(): void
}

export function progressLine(
  out: { write(text: string): unknown },
  terminal: boolean,
  now = performance.now,
): ProgressLine {
  let last = Number.NEGATIVE_INFINITY
  let began: number | undefined
  return {
    show(name, phase, sent, total) {
      const time = now.call(performance)
      began ??= time
      if (!terminal || (time - last < REFRESH_MS && sent !== total)) return
      last = time
      const rate = sent / Math.max(0.001, (time - began) / 1000)
      const share = total === undefined ? '' : `${bar(sent, total)} `
      out.write(`${CLEAR_LINE}${share}${name} · ${phase === 'sending' ? `${formatBytes(rate)}/s` : phase}`)
    },
    clear() {
      began = undefined
      if (terminal) out.write(CLEAR_LINE)
    },
  }
}

function bar(sent: number, total: number): string {
  const share = total === 0 ? 1 : sent / total
  const filled = Math.round(share * BAR_WIDTH)
  return `${'█'.repeat(filled)}${'░'.repeat(BAR_WIDTH - filled)} ${String(Math.floor(share * 100)).padStart(3)}%`
}
