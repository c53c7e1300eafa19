module.exports = {
  rootDir: __dirname,
  testEnvironment: "node",
  testMatch: ["<rootDir>/test/**/*.test.ts"],
  // ts-jest only strips the types here (isolatedModules in tsconfig.json); `npm run typecheck` checks them.
  transform: { "^.+\\.ts$": ["ts-jest", { tsconfig: "<rootDir>/tsconfig.json" }] },
  // On the board, web_socket finds its lower half by the name under which that is stored.
  moduleNameMapper: { "^esp_websocket_client$": "<rootDir>/src/esp_websocket_client.ts" },
  modulePathIgnorePatterns: ["<rootDir>/dist/", "<rootDir>/\\.build-"],
  maxWorkers: 2,
  testTimeout: 300000,
  reporters: ["default", "<rootDir>/tools/jest_reporter.cjs"],
};
