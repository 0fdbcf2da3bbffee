import type { Route } from '../../web/route.ts'
import { TABLES_API } from '../api.ts'
import { FILE_COLUMNS_API } from '../file-columns/api.ts'
import { viewNeeds } from '../routes.ts'
import { needsTable } from '../write/room.ts'
import { createWriteRoutes } from '../write/routes.ts'
import { addFileColumn } from './add-file-column.ts'
import { databasePage, databasesPage } from './catalog-pages.ts'
import { fileColumnsPage, saveFileColumns } from './file-columns-page.ts'
import { openedPage, seesSomething } from './opened-page.ts'
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
    {
      method: 'GET',
      path: '/',
      need: { ...view.instance, otherwise: (c) => seesSomething(c, room) },
      api: TABLES_API.databasesPage,
      handler: (c) => (c.var.found === undefined ? databasesPage(c, room) : openedPage(c, room)),
    },
    {
      method: 'GET',
      path: '/:database',
      need: view.database,
      api: TABLES_API.databasePage,
      handler: (c) => databasePage(c, room),
    },
    {
      method: 'GET',
      path: '/:database/:table',
      need: view.table,
      api: TABLES_API.tablePage,
      handler: (c) => tablePage(c, room),
    },
    {
      method: 'GET',
      path: '/:database/:table/-/insert',
      need: needsTable('insert-row', writing),
      api: TABLES_API.insertPage,
      handler: (c) => insertPage(c),
    },
    {
      method: 'GET',
      path: '/:database/:table/-/file-columns',
      json: true,
      need: configure,
      api: FILE_COLUMNS_API.show,
      handler: (c) => fileColumnsPage(c, room),
    },
    {
      method: 'POST',
      path: '/:database/:table/-/file-columns',
      need: configure,
      api: FILE_COLUMNS_API.save,
      handler: (c) => saveFileColumns(c, room),
    },
    {
      method: 'POST',
      path: '/:database/:table/-/file-columns/-/add',
      need: configure,
      api: FILE_COLUMNS_API.add,
      handler: (c) => addFileColumn(c, room),
    },
    {
      method: 'GET',
      path: '/:database/:table/:pks',
      need: view.table,
      api: TABLES_API.rowPage,
      handler: (c) => rowPage(c, room),
    },
    {
      method: 'GET',
      path: '/:database/:table/:pks/-/update',
      need: needsTable('update-row', writing),
      api: TABLES_API.updatePage,
      handler: (c) => updatePage(c),
    },
    {
      method: 'GET',
      path: '/:database/:table/:pks/-/delete',
      need: needsTable('delete-row', writing),
      api: TABLES_API.deletePage,
      handler: (c) => deletePage(c),
    },
  ]
}
