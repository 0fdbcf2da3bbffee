import { formatNumber } from '../lib/format.ts'
import { leavingLoses, pausedUploads, RUNNING_EVENT, runningUploads } from '../lib/running.ts'

/** Where uploads are shown, nearest first. */
const SHOWN = '.upload-queue, .upload-card, file-cell:has(progress), file-column-input:has(progress)'

/**
 * The header counts uploads, and leads to them. Leaving the page asks first while that would stop or lose one; what is
 * paused and kept can be taken up again anywhere.
 */
export function showRunning(): void {
  const sign = document.querySelector<HTMLElement>('[data-running-uploads]')
  const count = sign?.querySelector<HTMLElement>('[data-count]')
  const words = sign?.querySelector<HTMLElement>('[data-count-words]')
  document.addEventListener(RUNNING_EVENT, () => {
    const running = runningUploads()
    const paused = pausedUploads()
    if (!sign || !count || !words) return
    sign.hidden = running + paused === 0
    const number = running || paused
    count.textContent = formatNumber(number)
    words.textContent = `${number === 1 ? 'upload' : 'uploads'}${running > 0 ? '' : ' paused'}`
    // On a phone only the number is seen.
    sign.setAttribute('aria-label', `${count.textContent} ${words.textContent}`)
  })
  sign?.addEventListener('click', () => {
    const place = document.querySelector<HTMLElement>(SHOWN)
    place?.scrollIntoView({ block: 'center' })
    place?.querySelector<HTMLElement>('button, a[href]')?.focus({ preventScroll: true })
  })
  addEventListener('beforeunload', (event) => {
    if (leavingLoses()) event.preventDefault()
  })
}
