package preview

import (
	"errors"
	"testing"
	"testing/synctest"
	"time"
)

// TestGood: a picture is shown for a while, and a stream that only wastes time is asked for one less often.
func TestGood(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for _, c := range []struct {
			err  error
			good time.Duration
		}{{nil, fresh}, {ErrNone, fresh}, {errors.New("what ffmpeg says"), kept}} {
			s := &shot{done: make(chan struct{}), err: c.err, at: time.Now()}
			time.Sleep(2 * kept)
			if !s.good() {
				t.Errorf("%v: another is made while this one is", c.err)
			}
			s.at = time.Now()
			close(s.done)
			time.Sleep(c.good - time.Nanosecond)
			if !s.good() {
				t.Errorf("%v: not good for %s", c.err, c.good)
			}
			time.Sleep(time.Nanosecond)
			if s.good() {
				t.Errorf("%v: good for longer than %s", c.err, c.good)
			}
		}
	})
}
