import { keepPreviousData, useQuery } from '@tanstack/react-query';
import dayjs from 'dayjs';
import { call, type ApiError } from '../api/client';
import type { Asked } from '../api/hooks';
import type { EventList } from './model';

interface Wanted {
  DomainName?: string;
  AppName?: string;
  StreamName?: string;
  IsStrict?: 0 | 1;
  PageNum: number;
  PageSize: number;
}

/** How far back one question may reach, in days. */
export const longest = 30;

/**
 * Pushes that ended in the last days. It ends now, whenever now is: a list that is asked for again after another push ended has to have it. Half a minute is
 * added because the server's clock may be ahead of this one's.
 */
export function useHistory(days: number, wanted: Wanted): Asked<EventList> {
  const { data, error, refetch, isPlaceholderData } = useQuery<EventList, ApiError>({
    queryKey: ['streams', 'history', days, wanted],
    queryFn: ({ signal }) => {
      const end = dayjs().add(30, 'second');
      return call<EventList>('live', 'DescribeLiveStreamEventList', { StartTime: end.subtract(days, 'day').toISOString(), EndTime: end.toISOString(), ...wanted }, signal);
    },
    placeholderData: keepPreviousData,
  });
  return { data, error: data === undefined ? error : null, refetch, isPlaceholderData };
}
