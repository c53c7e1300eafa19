// In the browser: stands in for Web Serial. The bytes go to the test and back over the debugger's line, which the
// page's rules for connections do not concern. The test offers serialChoose, serialOpen, serialWrite and serialClose.

const toText = (bytes) => Array.from(bytes, (byte) => String.fromCharCode(byte)).join("");
const toBytes = (text) => Uint8Array.from(text, (character) => character.charCodeAt(0));

class StandIn extends EventTarget {
  readable = null;
  writable = null;
  controller = undefined;
  outgoing = "";
  sending = false;

  getInfo() {
    return { usbVendorId: 0x10c4, usbProductId: 0xea60 };
  }

  async open({ baudRate }) {
    if (this.readable) throw new DOMException("The port is already open.", "InvalidStateError");
    const refusal = await window.serialOpen(baudRate);
    if (refusal) throw new DOMException(refusal, "NetworkError");
    this.readable = new ReadableStream({ start: (controller) => (this.controller = controller) });
    this.writable = new WritableStream({
      // The system takes everything at once.
      write: (chunk) => {
        if (!this.readable) throw new DOMException("The device has been lost.", "NetworkError");
        this.outgoing += toText(chunk);
        if (!this.sending) void this.send();
      },
    });
  }

  async setSignals(signals) {
    await window.serialSignals(signals);
  }

  async close() {
    if (this.readable?.locked || this.writable?.locked) throw new TypeError("The streams are locked.");
    this.readable = null;
    this.writable = null;
    await window.serialClose();
  }

  /** In order, and what comes meanwhile together. */
  async send() {
    this.sending = true;
    while (this.outgoing !== "") {
      const text = this.outgoing;
      this.outgoing = "";
      await window.serialWrite(btoa(text));
    }
    this.sending = false;
  }

  /** What the board sends. */
  receive(text) {
    if (this.readable) this.controller.enqueue(toBytes(atob(text)));
  }

  /** As when the cable is pulled out. */
  lose() {
    this.readable = null;
    this.controller.error(new DOMException("The device has been lost.", "NetworkError"));
    this.dispatchEvent(new Event("disconnect"));
  }
}

window.serialStandIn = new StandIn();
Object.defineProperty(navigator, "serial", {
  value: {
    async requestPort() {
      if (await window.serialChoose()) return window.serialStandIn;
      throw new DOMException("No port selected by the user.", "NotFoundError");
    },
  },
});
