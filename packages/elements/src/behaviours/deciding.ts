import { adoptLive } from './live.ts'

/**
 * A form with `data-decides` keeps each choice as soon as it is made, and shows what the server says of all of them: its
 * parts with `data-live`. So its numbers are the server's at every moment. Without scripts that happens with each button.
 */
export function keepDecisions(send: typeof fetch): void {
  const form = document.querySelector<HTMLFormElement>('form[data-decides]')
  if (!form) return
  const stop = new AbortController()
  let isSending = false
  let changed = false
  let released: Promise<unknown> | null = null

  async function keep(): Promise<void> {
    changed = true
    if (isSending) return
    isSending = true
    while (changed && !stop.signal.aborted) {
      changed = false
      const fields = new URLSearchParams([...new FormData(form as HTMLFormElement)] as [string, string][])
      fields.set('go', 'save')
      try {
        const answer = await send((form as HTMLFormElement).action, {
          method: 'POST',
          body: fields,
          headers: { Accept: 'text/html' },
          signal: stop.signal,
        })
        const page = new DOMParser().parseFromString(await answer.text(), 'text/html')
        // What is being pressed must not be taken away before it is let go.
        await released
        if (!stop.signal.aborted) adoptLive(page)
      } catch {
        // The form sends everything once more.
      }
    }
    isSending = false
  }

  form.addEventListener('pointerdown', () => {
    released = new Promise((resolve) => {
      for (const end of ['pointerup', 'pointercancel'])
        addEventListener(end, () => setTimeout(resolve), { once: true, signal: stop.signal })
    })
  })
  form.addEventListener('change', (event) => {
    const { name = '' } = event.target as HTMLInputElement
    if (/^(row|typed)\./.test(name)) keep()
  })
  form.addEventListener('submit', () => stop.abort())
}
