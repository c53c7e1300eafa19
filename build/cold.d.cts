/** Makes the functions of a bundle that run seldom branches of one function for each group. */
export function mergeColdFunctions(
  code: string,
  groupOf: (name: string) => { group: string; always?: boolean } | undefined
): string;
