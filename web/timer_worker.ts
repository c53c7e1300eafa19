/** Timers for clock.ts. They run in a worker, where a browser slows them down neither for being nested nor for being hidden. */

interface Request {
  id: number;
  ms: number;
}

/** What of a worker's global scope is used here: the page's own types are those of a window. */
const scope = self as unknown as {
  onmessage: (event: MessageEvent<Request>) => void;
  postMessage: (id: number) => void;
};

scope.onmessage = ({ data: { id, ms } }) => {
  setTimeout(() => scope.postMessage(id), ms);
};
