// What the small labd of tests orders.

export interface FakeOrder {
  id: string;
  kind: string;
  serverId: string | null;
  attempt: number | null;
  os: string | null;
  role: null;
  status: string | null;
  name: string;
  macs: string[];
  createdAt: string;
  power?: unknown;
}
