import { formatCount } from '../lib/format.ts'
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
  document.addEventListener(RUNNING_EVENT, () => {
    const running = runningUploads()
    const paused = pausedUploads()
    if (sign) sign.hidden = running + paused === 0
    if (count)
      count.textContent = running > 0 ? formatCount(running, 'upload') : `${formatCount(paused, 'upload')} paused`
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
