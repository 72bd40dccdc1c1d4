// The action API, called with the login of the console.

/** An error that the API answered, or that kept it from answering. */
export class ApiError extends Error {
  constructor(
    readonly code: string,
    message: string,
    readonly requestId = '',
  ) {
    super(message);
  }

  /** Whether the login is over. */
  get loggedOut(): boolean {
    return this.code === 'AuthFailure.TokenFailure';
  }

  /** Whether nobody answered, so that it can be tried again. */
  get unreachable(): boolean {
    return this.code === unreachable;
  }
}

/** Versions of the products, as actions want them. */
export const versions = { live: '2018-08-01', vod: '2018-07-17', trtc: '2019-07-22', cam: '2019-01-16', cloudaudit: '2019-03-19' } as const;
export type Product = keyof typeof versions;

const unreachable = 'Unreachable';
const away = 'The server does not answer.';

let csrf = '';
let ended = () => {};

/** Sets what is done as soon as the server says that the login is over. */
export function onLoggedOut(then: () => void): void {
  ended = then;
}

/**
 * Does a call. If the login it was made with is over, it is looked whether there is another one meanwhile, such as from another window: all share a
 * cookie, but each knows for itself what has to come with it.
 */
async function loggedIn<R>(doIt: () => Promise<R>): Promise<R> {
  const sent = csrf;
  try {
    return await doIt();
  } catch (cause) {
    if (!(cause instanceof ApiError && cause.loggedOut)) throw cause;
    if (csrf === sent) await session('GET');
    if (csrf === sent || !csrf) {
      ended();
      throw cause;
    }
    return doIt();
  }
}

/** Calls an action and returns its answer. Throws ApiError. */
export function call<R = Record<string, unknown>>(product: Product, action: string, params: object = {}, signal?: AbortSignal): Promise<R> {
  return loggedIn(() => callOnce<R>(product, action, params, signal));
}

async function callOnce<R>(product: Product, action: string, params: object, signal?: AbortSignal): Promise<R> {
  const response = await request('/', {
    method: 'POST',
    headers: {
      'Content-Type': 'application/json',
      'X-TC-Action': action,
      'X-TC-Version': versions[product],
      'X-Aircheck-Csrf': csrf,
    },
    body: JSON.stringify(params),
    signal: signal ?? null,
  });
  const body = (await readJson(response)) as { Response?: Record<string, unknown> };
  const answer = body.Response;
  if (!answer) throw new ApiError('BadAnswer', `HTTP ${response.status}`);
  const error = answer.Error as { Code: string; Message: string } | undefined;
  if (error) throw new ApiError(error.Code, error.Message, String(answer.RequestId ?? ''));
  return answer as R;
}

/** What /console/session answers. */
export interface SessionState {
  LoggedIn: boolean;
  Csrf?: string;
  Version: string;
  Code?: string;
  Message?: string;
}

/** Asks who is logged in, logs in (POST) or out (DELETE). Throws ApiError. */
export async function session(method: 'GET' | 'POST' | 'DELETE', password?: string): Promise<SessionState> {
  const response = await request('/console/session', {
    method,
    ...(password === undefined
      ? {}
      : { headers: { 'Content-Type': 'application/json' }, body: JSON.stringify({ Password: password }) }),
  });
  const state = (await readJson(response)) as SessionState;
  if (state.Code) throw new ApiError(state.Code, state.Message ?? '');
  csrf = state.Csrf ?? '';
  return state;
}

/** Asks for something of the console itself, below /console/. Throws ApiError. */
export function ask<R>(method: 'GET' | 'POST' | 'DELETE', path: string, params?: object, signal?: AbortSignal): Promise<R> {
  return loggedIn(() => askOnce<R>(method, path, params, signal));
}

async function askOnce<R>(method: string, path: string, params?: object, signal?: AbortSignal): Promise<R> {
  const response = await request(`/console/${path}`, {
    method,
    headers: { 'Content-Type': 'application/json', 'X-Aircheck-Csrf': csrf },
    ...(params ? { body: JSON.stringify(params) } : {}),
    signal: signal ?? null,
  });
  const answer = (await readJson(response)) as R & { Code?: string; Message?: string };
  if (answer.Code) throw new ApiError(answer.Code, answer.Message ?? '');
  return answer;
}

async function request(path: string, init: RequestInit): Promise<Response> {
  try {
    return await fetch(path, { ...init, credentials: 'same-origin', cache: 'no-store' });
  } catch (cause) {
    if (init.signal?.aborted) throw cause;
    throw new ApiError(unreachable, away);
  }
}

async function readJson(response: Response): Promise<unknown> {
  try {
    return await response.json();
  } catch {
    // 502 to 504 without JSON are of a proxy whose server is away.
    throw response.status >= 502 && response.status <= 504 ? new ApiError(unreachable, away) : new ApiError('BadAnswer', `HTTP ${response.status}`);
  }
}
