import dayjs from 'dayjs';

/** A time as people here write it: the server's are ISO 8601 in UTC. */
export const moment = (time: string | number) => (time ? dayjs(time).format('YYYY-MM-DD HH:mm:ss') : '–');
