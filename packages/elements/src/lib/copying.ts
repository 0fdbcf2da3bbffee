import { announce } from './announce.ts'
import { ICONS } from './icons.ts'

/** Milliseconds for which a button says that it has copied. */
const SAID_FOR = 2000

/** Puts a text where it can be pasted from. The button that was pressed says so itself: words elsewhere would cover something. */
export async function copyText(text: string, button: Element): Promise<void> {
  try {
    await navigator.clipboard.writeText(text)
    announce('Copied')
    sayCopied(button)
  } catch {
    announce('Copying was not allowed')
  }
}

function sayCopied(button: Element): void {
  if (button.hasAttribute('data-copied')) return
  button.setAttribute('data-copied', '')
  const path = button.querySelector('path')
  const drawn = path?.getAttribute('d') ?? ''
  const words = [...button.childNodes].find((node) => node instanceof Text && node.data.trim() !== '')
  const said = words?.nodeValue ?? ''
  path?.setAttribute('d', ICONS.check)
  if (words) words.nodeValue = 'Copied'
  setTimeout(() => {
    button.removeAttribute('data-copied')
    path?.setAttribute('d', drawn)
    if (words) words.nodeValue = said
  }, SAID_FOR)
}
