/** The numbers under which a configuration's values are kept. */
import type { Config } from "../../src/config/config";
import { checkConfig } from "../../src/config/config";
import * as Field from "../../src/config/fields";
import { install } from "../../src/board";
import { TestBoard } from "./test_board";

const { names, ...numbers } = Field;
const NAMES = names();

test("each field has its own number", () => {
  expect(Object.entries(numbers)).toEqual(NAMES.map((name, index) => [name.toUpperCase(), index]));
});

test("values are found under the numbers of their fields", () => {
  install(new TestBoard());
  for (const name of NAMES) {
    const value = [1, "a", "a: b\r\n", () => null, { open: () => null }].find((candidate) => {
      try {
        return checkConfig({ [name]: candidate } as Config);
      } catch {
        return false;
      }
    });
    expect(value).toBeDefined();
    expect(Object.entries(checkConfig({ [name]: value } as Config))).toEqual([[String(NAMES.indexOf(name)), value]]);
  }
});
