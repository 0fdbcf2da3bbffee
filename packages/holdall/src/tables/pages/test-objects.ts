import { openTestApp, type TestApp } from './test-app.ts'

/** The whole server with one table `objects`, whose rows have a photo and papers, and a source `open` for them. */
export interface TestObjects extends TestApp {
  /** Sends a text file of this name. @returns its id */
  upload(name: string): Promise<string>
}

/** @param permissions what others than root may do */
export async function openTestObjects(permissions: Readonly<Record<string, unknown>> = {}): Promise<TestObjects> {
  const columns = { photo: { file_column: true }, papers: { file_column: true, file_multiple: true } }
  const app = await openTestApp({
    sql: 'CREATE TABLE objects (id INTEGER PRIMARY KEY, title TEXT, photo TEXT, note TEXT, papers TEXT);',
    config: {
      databases: { data: { tables: { objects: { columns } } } },
      sources: { open: { storage: 'filesystem', config: { root: './open' } } },
      permissions,
    },
  })
  return {
    ...app,
    async upload(name) {
      const stored = await app.ask(`/-/files/upload/open?filename=${name}.txt`, {
        actor: 'root',
        body: `all of ${name}`,
        headers: { Accept: 'application/json', 'Content-Type': 'text/plain' },
      })
      return ((await stored.json()) as { file_id: string }).file_id
    },
  }
}
