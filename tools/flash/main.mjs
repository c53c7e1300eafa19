/** What flash.sh runs. */
import { flash } from "./command.mjs";

process.exit(await flash(process.argv.slice(2), { command: process.env.FLASH_COMMAND }));
