/** What may happen to a client: calls of its API, time, and the network; drawn at random by fast-check. */
import fc from "fast-check";

/** A call of the API, some of them with arguments that are wrong. */
export interface Api {
  name: (typeof NAMES)[number];
}

/** One thing that happens outside of handlers. */
export type Step =
  | { kind: "call"; api: Api }
  | { kind: "pass"; milliseconds: number }
  | { kind: "network"; what: (typeof NETWORK)[number] };

const NAMES = [
  "start",
  "stop",
  "destroy",
  "destroy_on_exit",
  "close",
  "close_with_code",
  "close_badly",
  "is_connected",
  "send_text",
  "send_bin",
  "send_text_partial",
  "send_cont_msg",
  "send_fin",
  "send_ping",
  "send_bad",
  "set_uri",
  "set_uri_badly",
  "set_headers",
  "append_header",
  "get_reconnect_timeout",
  "set_reconnect_timeout",
  "get_ping_interval_sec",
  "set_ping_interval_sec",
  "register",
  "unregister",
] as const;

const NETWORK = ["opened", "accept", "refuse", "redirect", "text", "ping", "close", "bad", "drop", "broken"] as const;

/** What ends a client for good is drawn seldom, or nothing would be left to look at. */
const api: fc.Arbitrary<Api> = fc
  .oneof(
    { weight: 8, arbitrary: fc.constantFrom(...NAMES.filter((name) => !name.startsWith("destroy"))) },
    { weight: 3, arbitrary: fc.constantFrom("start" as const, "send_text" as const, "close" as const) },
    { weight: 1, arbitrary: fc.constantFrom("destroy" as const, "destroy_on_exit" as const) }
  )
  .map((name) => ({ name }));

const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 4, arbitrary: api.map((call) => ({ kind: "call" as const, api: call })) },
  {
    weight: 3,
    arbitrary: fc
      .constantFrom(0, 0, 1, 499, 500, 1000, 3000, 9999, 10000)
      .map((milliseconds) => ({ kind: "pass" as const, milliseconds })),
  },
  { weight: 5, arbitrary: fc.constantFrom(...NETWORK).map((what) => ({ kind: "network" as const, what })) }
);

/** The usual way to a connection, so that not most sequences end before there is one. */
const CONNECT: Step[] = [
  { kind: "call", api: { name: "start" } },
  { kind: "pass", milliseconds: 0 },
  { kind: "network", what: "opened" },
  { kind: "network", what: "accept" },
];

export interface Life {
  /** What happens, in order. */
  steps: Step[];
  /** `plan[n]`: what handlers call at the n-th event. */
  plan: Api[][];
  autoReconnect: boolean;
}

export const life: fc.Arbitrary<Life> = fc.record({
  steps: fc
    .array(
      fc.oneof({ weight: 8, arbitrary: step.map((one) => [one]) }, { weight: 1, arbitrary: fc.constant(CONNECT) }),
      {
        maxLength: 40,
      }
    )
    .map((parts) => CONNECT.concat(...parts)),
  plan: fc.array(
    fc.oneof(
      { weight: 3, arbitrary: fc.constant<Api[]>([]) },
      { weight: 1, arbitrary: fc.array(api, { minLength: 1, maxLength: 3 }) }
    ),
    { maxLength: 40 }
  ),
  autoReconnect: fc.boolean(),
});
