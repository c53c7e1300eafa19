import path from "node:path";
import { rollup } from "rollup";
import { minifyForBoard } from "../build/minify";

/** A user's echo script (scripts/echo.mjs) bundled with dist/esm, as the README tells users to, and minified. */
export async function bundleEcho(): Promise<string> {
  const bundle = await rollup({
    input: path.join(__dirname, "scripts", "echo.mjs"),
    treeshake: { propertyReadSideEffects: false },
    plugins: [
      {
        name: "this-package",
        resolveId: (source) =>
          source === "esp-websocket-client/espruino"
            ? path.join(__dirname, "../dist/esm/espruino/src/api/esp_websocket_client.js")
            : null,
      },
    ],
  });
  try {
    const { output } = await bundle.generate({
      format: "cjs",
      strict: false,
      esModule: false,
      externalLiveBindings: false,
      freeze: false,
      generatedCode: "es5",
      plugins: [minifyForBoard({ partial: true })],
    });
    return output[0].code;
  } finally {
    await bundle.close();
  }
}
