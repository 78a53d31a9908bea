// The hub's stream Topology, or the topology of a past instant, which is asked for once. The stream is started again after a lost connection, and whenever what is asked for changes.
import { HttpTransportType, type HubConnection, HubConnectionBuilder, HubConnectionState, type ISubscription, LogLevel } from '@microsoft/signalr';
import type { Topology, TopologyMessage, View } from './types';

export interface StreamRequest {
  view: View;
  cluster: string | null;
  namespaces: string[];
  /** A past instant in ISO 8601; null for the present. */
  at: string | null;
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
  readonly #past: URL;
  #request: StreamRequest | null = null;
  #subscription: ISubscription<TopologyMessage> | null = null;
  #stopped = false;
  #attempt = 0;
  #timer = 0;

  constructor(url: string, listener: StreamListener) {
    this.#listener = listener;
    this.#past = new URL('../api/v1/topology', url);
    this.#connection = new HubConnectionBuilder()
      .withUrl(url, { transport: HttpTransportType.WebSockets | HttpTransportType.ServerSentEvents })
      .configureLogging(LogLevel.None)
      .build();
    this.#connection.onclose(() => this.#lost('The connection for live updates was lost.'));
  }

  /** Asks for another topology; the first message after this is whole. */
  async ask(request: StreamRequest): Promise<void> {
    this.#request = request;
    await (request.at === null ? this.#start() : this.#readPast(request, request.at));
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    clearTimeout(this.#timer);
    this.#subscription?.dispose();
    this.#subscription = null;
    await this.#connection.stop();
  }

  /** What was, is: it is read once, and again only after a failure. */
  async #readPast(request: StreamRequest, at: string): Promise<void> {
    clearTimeout(this.#timer);
    this.#subscription?.dispose();
    this.#subscription = null;
    const address = new URL(this.#past);
    address.searchParams.set('view', request.view);
    address.searchParams.set('at', at);
    if (request.cluster !== null) address.searchParams.set('cluster', request.cluster);
    if (request.namespaces.length > 0) address.searchParams.set('namespace', request.namespaces.join());
    try {
      const answer = await fetch(address, { headers: { accept: 'application/json' } });
      if (!answer.ok) throw new Error(`The topology of then was refused (HTTP ${answer.status}).`);
      const topology = (await answer.json()) as Topology;
      if (this.#stopped || request !== this.#request) return;
      this.#attempt = 0;
      this.#listener.onState(null);
      this.#listener.onMessage({ revision: topology.revision, observedAt: topology.observedAt, topology, delta: null });
    } catch (error) {
      if (request === this.#request) this.#lost(error instanceof Error && error.message.startsWith('The ') ? error.message : 'The topology of then cannot be reached.');
    }
  }

  async #start(): Promise<void> {
    clearTimeout(this.#timer);
    if (this.#stopped || this.#request === null) return;
    if (this.#request.at !== null) {
      await this.#readPast(this.#request, this.#request.at);
      return;
    }
    try {
      if (this.#connection.state === HubConnectionState.Disconnected) await this.#connection.start();
    } catch {
      this.#lost('Live updates cannot be reached.');
      return;
    }
    if (this.#connection.state !== HubConnectionState.Connected) return;

    this.#subscription?.dispose();
    const request = this.#request;
    this.#subscription = this.#connection.stream<TopologyMessage>('Topology', { view: request.view, cluster: request.cluster, namespaces: request.namespaces }).subscribe({
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
