// The hub's stream Topology: started again after a lost connection, and whenever what is asked for changes.
import { HttpTransportType, type HubConnection, HubConnectionBuilder, HubConnectionState, type ISubscription, LogLevel } from '@microsoft/signalr';
import type { TopologyMessage, View } from './types';

export interface StreamRequest {
  view: View;
  cluster: string | null;
  namespaces: string[];
}

export interface StreamListener {
  onMessage(message: TopologyMessage): void;
  /** @param problem words for the reader, or null once messages flow again. */
  onState(problem: string | null): void;
}

/** 0.3 s, then doubling up to 15 s, for ever, each a little different so that many browsers do not come at once. */
export function retryDelay(attempt: number, random: number): number {
  return Math.min(15_000, 300 * 2 ** Math.min(attempt, 10)) * (0.7 + 0.6 * random);
}

export class TopologyStream {
  readonly #connection: HubConnection;
  readonly #listener: StreamListener;
  #request: StreamRequest | null = null;
  #subscription: ISubscription<TopologyMessage> | null = null;
  #stopped = false;
  #attempt = 0;
  #timer = 0;

  constructor(url: string, listener: StreamListener) {
    this.#listener = listener;
    this.#connection = new HubConnectionBuilder()
      .withUrl(url, { transport: HttpTransportType.WebSockets | HttpTransportType.ServerSentEvents })
      .configureLogging(LogLevel.None)
      .build();
    this.#connection.onclose(() => this.#lost('The connection for live updates was lost.'));
  }

  /** Asks for another topology; the first message after this is whole. */
  async ask(request: StreamRequest): Promise<void> {
    this.#request = request;
    await this.#start();
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    clearTimeout(this.#timer);
    this.#subscription?.dispose();
    this.#subscription = null;
    await this.#connection.stop();
  }

  async #start(): Promise<void> {
    clearTimeout(this.#timer);
    if (this.#stopped || this.#request === null) return;
    try {
      if (this.#connection.state === HubConnectionState.Disconnected) await this.#connection.start();
    } catch {
      this.#lost('Live updates cannot be reached.');
      return;
    }
    if (this.#connection.state !== HubConnectionState.Connected) return;

    this.#subscription?.dispose();
    const request = this.#request;
    this.#subscription = this.#connection.stream<TopologyMessage>('Topology', request).subscribe({
      next: message => {
        if (request !== this.#request) return;
        this.#attempt = 0;
        this.#listener.onState(null);
        this.#listener.onMessage(message);
      },
      error: error => {
        if (request === this.#request) this.#lost(sentence(error));
      },
      complete: () => {
        if (request === this.#request && !this.#stopped) this.#lost('The stream of updates ended.');
      },
    });
  }

  #lost(why: string): void {
    if (this.#stopped) return;
    this.#listener.onState(`${why} Trying again.`);
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => void this.#start(), retryDelay(this.#attempt++, Math.random())) as unknown as number;
  }
}

/** A HubException's own words; anything else is not for the reader. */
function sentence(error: unknown): string {
  const text = error instanceof Error ? error.message : '';
  const at = text.indexOf('HubException: ');
  return at >= 0 ? text.slice(at + 'HubException: '.length) : 'The stream of updates broke off.';
}
