import { announce } from './announce.ts'
import { toast } from './toast.ts'

/** Puts a text where it can be pasted from, and says so. */
export async function copyText(text: string): Promise<void> {
  try {
    await navigator.clipboard.writeText(text)
    toast('Copied')
  } catch {
    announce('Copying was not allowed')
  }
}
