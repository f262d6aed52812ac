/** Tests run from the TypeScript sources (the `source` condition of each package's exports); `npm test` provisions the servers. */
module.exports = {
  testMatch: ['<rootDir>/*/test/**/*.test.ts', '<rootDir>/tests/**/*.test.ts'],
  modulePathIgnorePatterns: ['/dist/', '<rootDir>/.quickstep/'],
  testPathIgnorePatterns: ['/node_modules/', '/dist/'],
  // Sources import each other as the files that the compiler makes of them.
  moduleNameMapper: { '^(\\.{1,2}/.*)\\.js$': '$1' },
  testEnvironmentOptions: { customExportConditions: ['source', 'node', 'node-addons'] },
  // ES modules, and one that imports dynamically: the test runner cannot load them as they are.
  transformIgnorePatterns: ['/node_modules/(?!jsoncompat/|cockatiel/|@opentelemetry/otlp-exporter-base/)'],
  transform: {
    '/node_modules/(jsoncompat|cockatiel)/.+\\.js$': ['@swc/jest', { jsc: { target: 'es2024' }, module: { type: 'commonjs' } }],
    '/node_modules/@opentelemetry/otlp-exporter-base/.+\\.cjs$': [
      '@swc/jest',
      { jsc: { target: 'es2024' }, module: { type: 'commonjs' } },
    ],
    '^.+\\.ts$': ['@swc/jest', { jsc: { parser: { syntax: 'typescript' }, target: 'es2024' }, sourceMaps: 'inline' }],
  },
  // One more than there are processors on a small machine: many tests wait for timers, of the broker or of Prometheus.
  maxWorkers: 3,
  testSequencer: '<rootDir>/tests/support/slow-files-first.js',
  // A guard against hanging, not a measure of speed: a busy machine may be ten times slower.
  testTimeout: 240_000,
};
