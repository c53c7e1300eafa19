import { createBoard, type Board } from "esp-websocket-client/simulator";

const board = createBoard({ print: (text) => same<typeof text, string>() });
same<typeof board, Board>();
same<ReturnType<typeof board.idle>, Promise<void>>();
