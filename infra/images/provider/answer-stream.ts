import { EventStream } from '../inference/exchange.ts';
import { cutShort, type Inbound } from './inbound.ts';

/** Events of a stream up to here are whole, even under the fault that cuts one short. */
const WHOLE_EVENTS = 3;

/** A stream's events in both vendors' manner. After a malformed event, which only a fault makes, nothing follows. */
export class AnswerStream {
  readonly #inbound: Inbound;
  readonly #events: EventStream;
  #sent = 0;
  #isCut = false;

  /** Sends the head: what can be refused must have been by now. */
  constructor(inbound: Inbound) {
    this.#inbound = inbound;
    inbound.prepareHead();
    this.#events = new EventStream(inbound.exchange);
  }

  /** `event` is the event's name, which beta's clients go by and alpha's do not have. */
  send(data: object, event?: string): void {
    if (this.#isCut) return;
    this.#sent += 1;
    this.#isCut = this.#inbound.faults.isMalformed && this.#sent > WHOLE_EVENTS;
    const json = JSON.stringify(data);
    this.#events.sendText(this.#isCut ? cutShort(json) : json, event);
  }

  /** `mark` is what alpha's streams end with. */
  end(mark?: string): void {
    if (mark !== undefined && !this.#isCut) this.#events.sendText(mark);
    this.#events.close();
    this.#inbound.isComplete = !this.#isCut;
  }
}
