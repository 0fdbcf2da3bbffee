import type { Storage } from './storage.ts'

/** How long nobody may have used a storage before it is taken for left: some go on between two calls. */
export const LEFT_AFTER_MS = 60_000
const LOOKS = 10

/** A storage that knows whether it is in use: what has been replaced is closed when its readers are done. */
export interface LentStorage {
  readonly storage: Storage
  /** Resolves when nobody has used it for so long. */
  left(milliseconds?: number): Promise<void>
}

export function lend(storage: Storage, now: () => number = () => performance.now()): LentStorage {
  let uses = 0
  let lastUse = now()

  function begin(): () => void {
    let done = false
    uses += 1
    return () => {
      if (done) return
      done = true
      uses -= 1
      lastUse = now()
    }
  }

  function counted(call: (...args: unknown[]) => unknown, owner: object): (...args: unknown[]) => unknown {
    return (...args) => {
      const end = begin()
      try {
        const result = call.apply(owner, args)
        if (!(result instanceof Promise)) {
          end()
          return result
        }
        return result.then(
          (value) => {
            if (value instanceof ReadableStream) return counting(value, end)
            end()
            return value
          },
          (error) => {
            end()
            throw error
          },
        )
      } catch (error) {
        end()
        throw error
      }
    }
  }

  function watched<Member extends object>(owner: Member): Member {
    return new Proxy(owner, {
      get(target, name) {
        const value: unknown = Reflect.get(target, name)
        if (name === 'multipart' && typeof value === 'object' && value !== null) return watched(value)
        if (typeof value !== 'function' || name === 'close') return value
        return counted(value as (...args: unknown[]) => unknown, target)
      },
    })
  }

  return {
    storage: watched(storage),
    async left(milliseconds = LEFT_AFTER_MS) {
      while (uses > 0 || now() - lastUse < milliseconds) {
        await new Promise((resolve) => setTimeout(resolve, milliseconds / LOOKS).unref())
      }
    },
  }
}

/** The same bytes; calls `end` when they were read, given up or lost. */
function counting(stream: ReadableStream<Uint8Array>, end: () => void): ReadableStream<Uint8Array> {
  const reader = stream.getReader()
  return new ReadableStream(
    {
      async pull(controller) {
        try {
          const { done, value } = await reader.read()
          if (!done) return controller.enqueue(value)
          end()
          controller.close()
        } catch (error) {
          end()
          throw error
        }
      },
      async cancel(reason) {
        try {
          await reader.cancel(reason)
        } finally {
          end()
        }
      },
    },
    { highWaterMark: 0 },
  )
}
