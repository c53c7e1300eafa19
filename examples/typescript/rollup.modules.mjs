import typescript from "@rollup/plugin-typescript";

export default {
  input: "src/app.ts",
  external: ["esp_websocket_client", "websocket"],
  plugins: [typescript()],
  output: {
    file: "app.js",
    format: "cjs",
    strict: false,
    interop: (name) => (name === "websocket" ? "default" : "esModule"),
  },
};
