import { pythonProgram } from './python.ts'

/** Datasette itself, with its files plugin, in the versions that Holdall's answers are compared with. */
export const datasette = pythonProgram({
  name: 'Datasette',
  variable: 'HOLDALL_TEST_DATASETTE',
  requirements: ['datasette==1.0a37', 'datasette-files==0.1a3'],
  program: 'datasette',
})
