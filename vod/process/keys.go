package process

import (
	"context"
	"iter"
	"time"

	"aircheck/ingest/media"
	"aircheck/recorder/container"
	"aircheck/vod/task"
)

// keys finds the pictures of a file at which decoding can start, for rising moments, and reads little else.
type keys struct {
	src  *source
	next func() (*media.Unit, error, bool)
	stop func()
	// at is where it has come to, last the picture there, and ahead the next one if it has seen that.
	at          time.Duration
	last, ahead *media.Unit
	// plain: to look for a place gains nothing.
	plain, ended bool
}

// near is how far it reads on rather than look for a place.
const near = 4 * time.Second

func (s *source) newKeys() *keys {
	k := &keys{src: s}
	k.next, k.stop = iter.Pull2(container.ReadFrom(s.format, s.file, s.Size, 0))
	return k
}

// find returns the last such picture that is shown at or before a moment, or the first of the file. *task.Failure if there is none, or the error of
// ctx: a file of hours that cannot be sought is not read to its end while the server stops.
func (k *keys) find(ctx context.Context, t time.Duration) (*media.Unit, error) {
	if k.ahead != nil && shown(k.ahead) > t && k.last != nil {
		return k.last, nil
	}
	k.leap(ctx, t)
	for !k.ended && (k.ahead == nil || shown(k.ahead) <= t || k.last == nil) {
		if k.ahead != nil {
			k.last, k.ahead = k.ahead, nil
		}
		k.read(ctx)
	}
	if ctx.Err() != nil {
		return nil, ctx.Err()
	}
	if k.last == nil {
		k.last = k.ahead
	}
	if k.last == nil {
		return nil, failed(task.CodeSource, "file %s has no picture that can be decoded", k.src.ID)
	}
	return k.last, nil
}

// read reads the next picture at which decoding can start.
func (k *keys) read(ctx context.Context) {
	for {
		u, err, ok := k.next()
		if !ok || err != nil || ctx.Err() != nil { // a file that was cut short has pictures all the same
			k.ended = true
			return
		}
		k.at = u.Time()
		if u.RandomAccess && u.Track.Codec.Kind() == media.Video && len(u.Payload) > 0 {
			k.ahead = u
			return
		}
	}
}

// leap goes on somewhere behind, if a moment is far away.
func (k *keys) leap(ctx context.Context, t time.Duration) {
	if k.plain || k.ended || t-k.at < near {
		return
	}
	there := keys{src: k.src}
	there.next, there.stop = iter.Pull2(container.ReadFrom(k.src.format, k.src.file, k.src.Size, t))
	there.read(ctx)
	if there.ahead == nil || there.at <= k.at {
		there.stop()
		k.plain = there.ahead != nil
		return
	}
	k.stop()
	k.next, k.stop, k.at, k.ahead, k.last = there.next, there.stop, there.at, there.ahead, nil
}

// shown is when a picture is shown.
func shown(u *media.Unit) time.Duration { return media.Duration(u.PTS, u.Track.Timescale) }
