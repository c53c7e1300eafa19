/** The numbers under which a configuration's values are kept. */
import type { Config } from "../../src/config/config";
import { checkConfig } from "../../src/config/config";
import { names } from "../../src/config/fields";
import { install } from "../../src/board";
import { TestBoard } from "./test_board";

const NAMES = names();

test("names and numbers are in the same order", () => {
  // Where each file is compiled by itself, as here, the numbers are an object, with their names beside them.
  const { Field: numbers } = require("../../src/config/fields") as { Field: Record<string, number | string> };
  expect(NAMES.map((name) => numbers[name.toUpperCase()])).toEqual(NAMES.map((_name, index) => index));
  expect(Object.keys(numbers)).toHaveLength(2 * NAMES.length);
});

test("values are found under the numbers of their fields", () => {
  install(new TestBoard());
  for (const name of NAMES) {
    const value = [1, true, "a", "a: b\r\n", () => null, { open: () => null }].find((candidate) => {
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
