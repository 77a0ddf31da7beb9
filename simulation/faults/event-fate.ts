/** What becomes of an event on its way: nothing, or it is lost, doubled, or late by minutes and so out of order. */
import type { DeliveryFaults } from '../../local/services/events/bus';
import type { Happening } from '../observer';
import type { Random } from '../random';
import type { FaultProfile } from './profile';

const LATEST_MS = 6 * 60_000;

export function eventFate(
  random: Random,
  faults: FaultProfile['events'],
  options: { isSilent: () => boolean; tell: (happening: Happening) => void },
): DeliveryFaults {
  const { isSilent, tell } = options;
  return (event) => {
    if (isSilent()) return 'drop';
    const what = random.pickWeighted(faults);
    if (what === undefined) return 'deliver';
    tell({ kind: 'fate', what, detailType: event['detail-type'], about: JSON.stringify(event.detail) });
    switch (what) {
      case 'lost':
        return 'drop';
      case 'doubled':
        return 'twice';
      case 'late':
        return { delayMs: random.between(1_000, LATEST_MS) };
    }
  };
}
