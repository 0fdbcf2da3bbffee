/** What `node:http` has of `fetch`, each made by a getter. */
const OF_FETCH = ['WebSocket', 'CloseEvent', 'MessageEvent']

/**
 * Whoever imports `node:http` is given all that it offers, and with these three Node reads the whole of its `fetch`: 70 ms
 * of every start, whether it fetches or not. To be called before anything imports it. They are still there for
 * `http.WebSocket`; only `import { WebSocket } from 'node:http'` is not, which is a global anyway.
 */
export function leanHttp() {
  const http = process.getBuiltinModule('node:http')
  const kept = Object.create(Object.getPrototypeOf(http))
  for (const name of OF_FETCH) {
    const getter = Object.getOwnPropertyDescriptor(http, name)
    if (getter?.configurable !== true || getter.get === undefined) continue
    Object.defineProperty(kept, name, getter)
    delete http[name]
  }
  Object.setPrototypeOf(http, kept)
}
