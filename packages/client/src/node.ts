/**
 * What uploads need in Node and pages do not.
 *
 * @example
 * import { upload } from '@holdall/client'
 * import { openFile } from '@holdall/client/node'
 * await using film = await openFile('film.mov')
 * await upload(film, { baseUrl: 'https://files.example.org/', source: 'media', token })
 */
export { type FileOnDisk, openFile } from './lib/file.ts'
