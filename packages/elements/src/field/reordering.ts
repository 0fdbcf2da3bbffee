import type { Item } from './items.ts'

/** The type under which a file of a list is dragged within it. */
const ITEM_TYPE = 'application/x-holdall-item'

/** What the lines of a list and their grips do with drags. */
export interface Reordering {
  start(event: DragEvent, item: Item): void
  end(event: DragEvent): void
  over(event: DragEvent): void
  leave(event: DragEvent): void
  drop(event: DragEvent, target: Item): void
}

/** Lines of a list are dragged to where they belong. A shortcut: the buttons and keys do the same. */
export function createReordering(options: {
  list(): readonly Item[]
  place(item: Item, to: number): void
}): Reordering {
  let dragged: Item | null = null

  return {
    start(event, item) {
      dragged = item
      event.dataTransfer?.setData(ITEM_TYPE, item.key)
      lineOf(event)?.classList.add('dragged')
    },
    end(event) {
      dragged = null
      lineOf(event)?.classList.remove('dragged')
    },
    over(event) {
      if (dragged === null || !event.dataTransfer?.types.includes(ITEM_TYPE)) return
      event.preventDefault()
      event.dataTransfer.dropEffect = 'move'
      const line = event.currentTarget as HTMLElement
      const after = event.clientY > line.getBoundingClientRect().top + line.offsetHeight / 2
      line.classList.toggle('before', !after)
      line.classList.toggle('after', after)
    },
    leave(event) {
      lineOf(event)?.classList.remove('before', 'after')
    },
    drop(event, target) {
      const line = event.currentTarget as HTMLElement
      const after = line.classList.contains('after')
      line.classList.remove('before', 'after')
      const item = dragged
      dragged = null
      if (!item || item === target) return
      event.preventDefault()
      const without = options.list().filter((one) => one !== item)
      options.place(item, without.indexOf(target) + (after ? 1 : 0))
    },
  }
}

function lineOf(event: DragEvent): HTMLElement | null {
  return (event.currentTarget as HTMLElement).closest('li')
}
