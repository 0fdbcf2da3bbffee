let region: HTMLElement | undefined
let waiting: string[] = []

/** Says something to screen readers without moving focus. What comes together is said together. */
export function announce(text: string): void {
  region ??= makeRegion()
  if (waiting.length === 0) setTimeout(speak, 120)
  waiting.push(text)
}

function speak(): void {
  if (region) region.textContent = waiting.join('. ')
  waiting = []
}

function makeRegion(): HTMLElement {
  const element = document.createElement('div')
  element.className = 'unseen'
  element.setAttribute('role', 'status')
  element.dataset.announcer = ''
  document.body.append(element)
  return element
}
