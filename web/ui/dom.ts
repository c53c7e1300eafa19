/** Small helpers for the views. */

/** An element of index.html, which has it. */
export function find<Type extends HTMLElement>(id: string): Type {
  return document.getElementById(id) as Type;
}

/** A new element with text or children in it. */
export function make<Name extends keyof HTMLElementTagNameMap>(
  name: Name,
  properties: Partial<HTMLElementTagNameMap[Name]> = {},
  ...children: (string | Node)[]
): HTMLElementTagNameMap[Name] {
  const element = Object.assign(document.createElement(name), properties);
  element.append(...children);
  return element;
}

/** Does something that lengthens an element, and keeps its end in sight unless the user has scrolled up. */
export function keepEndInSight(box: HTMLElement, change: () => void): void {
  const atEnd = box.scrollHeight - box.scrollTop - box.clientHeight < 30;
  change();
  if (atEnd) box.scrollTop = box.scrollHeight;
}

export const count = (n: number): string => n.toLocaleString("en-US");
