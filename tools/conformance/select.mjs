/** Which cases to run: `--cases 1-5,9.*`. */

/** Something that the user can correct: its message is all that is printed. */
export class UserError extends Error {}

/**
 * @param {string} text numbers and ranges of them (`7`, `1-5`, `290-`), as the server counts, and names, whole or with
 *   a star (`6.4.2`, `9.*`), separated by commas
 * @returns {{names: boolean, matches: (number: number, id: string) => boolean}} `names`: whether names are asked for
 */
export function readSelection(text) {
  const tests = text.split(",").map((part) => {
    const item = part.trim();
    const range = /^(\d+)(-)?(\d+)?$/.exec(item);
    if (range && (range[2] || !range[3])) {
      const first = Number(range[1]);
      const last = range[3] ? Number(range[3]) : range[2] ? Infinity : first;
      if (first < 1 || last < first) throw new UserError(`--cases: ${item} is not a range.`);
      return (number) => number >= first && number <= last;
    }
    if (!/^\d+(\.\d+)*(\.\*)?$/.test(item) && item !== "*") {
      throw new UserError(
        `--cases: ${item || "an empty part"} is neither a number, a range like 1-5, nor a name like 9.*.`
      );
    }
    const prefix = item.replace(/\*$/, "");
    return (_number, id) => (item.endsWith("*") ? id.startsWith(prefix) : id === item);
  });
  return {
    names: /[.*]/.test(text),
    matches: (number, id) => tests.some((test) => test(number, id)),
  };
}

/**
 * @param {number[]} numbers ascending
 * @returns {number[]} first and last of each run of numbers: short enough for a board
 */
export function toRanges(numbers) {
  const ranges = [];
  for (const number of numbers) {
    if (ranges.at(-1) === number - 1) ranges[ranges.length - 1] = number;
    else ranges.push(number, number);
  }
  return ranges;
}

/** Of `1.2.3`, `1`; of a case without a name, "". */
export function sectionOf(id) {
  return id.includes(".") ? id.split(".")[0] : "";
}
