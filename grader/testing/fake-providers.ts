import type { ControlOrder } from '../../infra/images/provider/control-protocol.ts';
import { faultSetSchema, type FaultSet } from '../../infra/images/provider/faults.ts';
import type { ProviderAccount, Providers } from '../providers.ts';

type OnOrder = (provider: string, order: ControlOrder) => unknown;

/** Providers that keep their faults as the real control port does, and serve nobody. */
export class FakeProviders implements Providers {
  readonly faults = new Map<string, FaultSet>();
  readonly orders: { readonly provider: string; readonly order: ControlOrder }[] = [];
  readonly #accounts: readonly ProviderAccount[];
  readonly #onOrder: OnOrder;

  /** `onOrder` may throw, as the real ones do, or say what is answered in the usual answer's place. */
  constructor(accounts: readonly ProviderAccount[] = [], onOrder: OnOrder = () => undefined) {
    this.#accounts = accounts;
    this.#onOrder = onOrder;
  }

  accounts = async (): Promise<readonly ProviderAccount[]> => this.#accounts;

  order = async (provider: string, order: ControlOrder): Promise<unknown> => {
    const said = this.#onOrder(provider, order);
    this.orders.push({ provider, order });
    if (said !== undefined) return said;
    if (order.action === 'clearFaults') this.faults.delete(provider);
    if (order.action === 'patchFaults') {
      const members = Object.entries<unknown>({ ...this.faults.get(provider), ...order.faults }).filter(([, fault]) => fault !== null);
      this.faults.set(provider, faultSetSchema.parse(Object.fromEntries(members)));
    }
    return { faults: this.faults.get(provider) ?? {} };
  };
}
