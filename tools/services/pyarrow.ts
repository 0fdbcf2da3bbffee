import { pythonProgram } from './python.ts'

/** A reader of Parquet that a benchmark runs beside. */
export const pyarrow = pythonProgram({
  name: 'pyarrow',
  variable: 'HOLDALL_BENCH_PYARROW',
  requirements: ['pyarrow==26.0.1'],
  program: 'python',
})
