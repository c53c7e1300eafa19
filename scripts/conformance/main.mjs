/** `npm run conformance` */
import { conformance } from "./runner.mjs";

process.exitCode = await conformance(process.argv.slice(2));
