/**
 * Holdall inside another program: the server that `holdall serve` runs.
 *
 * @example
 * import { createLog, loadConfig, startHoldall } from 'holdall'
 * const { config } = loadConfig({ file: 'holdall.yaml', env: process.env, databases: ['products.db'] })
 * const log = createLog((line) => process.stderr.write(line))
 * const holdall = await startHoldall({ config, data: './data', env: process.env, log, listen: { port: 0, host: '127.0.0.1' } })
 * holdall.url // 'http://127.0.0.1:49152/'
 */
export { type Holdall, type HoldallOptions, startHoldall } from './app/holdall.ts'
export { type Config, ConfigurationError, type LoadOptions, loadConfig } from './config/config.ts'
export { HoldallError } from './web/error.ts'
export { createLog, type Log } from './web/log.ts'
