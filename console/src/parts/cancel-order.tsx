import { call } from '../data/api.js';
import { Act } from './act.js';

export function CancelOrder({ orderId, done }: { readonly orderId: string; readonly done: () => void }) {
  return (
    <Act
      label="Cancel the order"
      title="Cancel this order?"
      danger
      run={() => call('POST', `/sagas/${encodeURIComponent(orderId)}/cancel`, {})}
      done={done}
    >
      <p>
        Shipping is asked to stop it; payment and stock are given back. If the parcel is with the carrier already, the order
        completes.
      </p>
    </Act>
  );
}
