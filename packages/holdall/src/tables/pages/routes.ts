import type { Route } from '../../web/route.ts'
import { viewNeeds } from '../routes.ts'
import { needsTable } from '../write/room.ts'
import { createWriteRoutes } from '../write/routes.ts'
import { databasePage, databasesPage } from './catalog-pages.ts'
import { fileColumnsPage, saveFileColumns } from './file-columns-page.ts'
import type { PagesRoom } from './room.ts'
import { createRowForms } from './row-forms.ts'
import { rowPage } from './row-page.ts'
import { tablePage } from './table-page.ts'

/** The pages of tables, their forms, and the write API that the forms share their addresses with. */
export function tablePageRoutes(room: PagesRoom): Route[] {
  const view = viewNeeds(room)
  const writing = { ...room, database: room.databases.get, files: room.registry }
  const { forms, insertPage, updatePage, deletePage } = createRowForms(room)
  const configure = needsTable('set-column-type', writing)
  return [
    ...createWriteRoutes(writing, forms),
    { method: 'GET', path: '/', need: view.instance, handler: (c) => databasesPage(c, room) },
    { method: 'GET', path: '/:database', need: view.database, handler: (c) => databasePage(c, room) },
    { method: 'GET', path: '/:database/:table', need: view.table, handler: (c) => tablePage(c, room) },
    {
      method: 'GET',
      path: '/:database/:table/-/insert',
      need: needsTable('insert-row', writing),
      handler: (c) => insertPage(c),
    },
    {
      method: 'GET',
      path: '/:database/:table/-/file-columns',
      json: true,
      need: configure,
      handler: (c) => fileColumnsPage(c, room),
    },
    {
      method: 'POST',
      path: '/:database/:table/-/file-columns',
      need: configure,
      handler: (c) => saveFileColumns(c, room),
    },
    { method: 'GET', path: '/:database/:table/:pks', need: view.table, handler: (c) => rowPage(c, room) },
    {
      method: 'GET',
      path: '/:database/:table/:pks/-/update',
      need: needsTable('update-row', writing),
      handler: (c) => updatePage(c),
    },
    {
      method: 'GET',
      path: '/:database/:table/:pks/-/delete',
      need: needsTable('delete-row', writing),
      handler: (c) => deletePage(c),
    },
  ]
}
