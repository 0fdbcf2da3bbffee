import { formatCount } from '../lib/format.ts'
import { RUNNING_EVENT, runningUploads } from '../lib/running.ts'

/** The header counts running uploads, and leaving the page while there are some asks first. */
export function showRunning(): void {
  const sign = document.querySelector<HTMLElement>('[data-running-uploads]')
  const count = sign?.querySelector<HTMLElement>('[data-count]')
  document.addEventListener(RUNNING_EVENT, () => {
    const running = runningUploads()
    if (sign) sign.hidden = running === 0
    if (count) count.textContent = formatCount(running, 'upload')
  })
  addEventListener('beforeunload', (event) => {
    if (runningUploads() > 0) event.preventDefault()
  })
}
