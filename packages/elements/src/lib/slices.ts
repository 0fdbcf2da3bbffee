/** Milliseconds of work after which somebody who scrolls or types comes first. */
const SLICE = 12
/** Of so few nobody waits for a turn. */
const FEW = 50

/** Does something with each, without holding the page up. */
export async function inSlices<Item>(items: readonly Item[], work: (item: Item) => unknown): Promise<void> {
  let began = performance.now()
  for (const [at, item] of items.entries()) {
    work(item)
    if (at < FEW || performance.now() - began < SLICE) continue
    await turn()
    began = performance.now()
  }
}

/** After what waits already; unlike a timer it is not held back. */
function turn(): Promise<void> {
  return new Promise((resolve) => {
    const { port1, port2 } = new MessageChannel()
    port1.onmessage = () => {
      port1.close()
      resolve()
    }
    port2.postMessage(null)
  })
}
