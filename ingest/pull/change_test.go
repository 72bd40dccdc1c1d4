package pull

import (
	"context"
	"errors"
	"net/netip"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"aircheck/ingest/stream"
)

// kept is a database in memory.
type kept struct{ n int }

func (*kept) Pulls(context.Context) ([]Config, error)     { return nil, nil }
func (*kept) UpdatePulls(context.Context, []Config) error { return nil }
func (*kept) DeletePull(context.Context, string) error    { return nil }
func (k *kept) CreatePull(context.Context, Config) (string, error) {
	k.n++
	return strconv.Itoa(k.n), nil
}

// changing is a started manager whose sources are made by create.
func changing(t *testing.T) *bench {
	t.Helper()
	b := newBench(t)
	b.Store = &kept{}
	b.play(lasting(time.Hour))
	b.Start()
	return b
}

func (b *bench) create(t *testing.T, c Config) string {
	t.Helper()
	c.URL = "rtmp://h/a/b"
	id, err := b.Create(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	return id
}

// TestEnableNamesOneTwice fetches it once, and nothing is left of it behind Close.
func TestEnableNamesOneTwice(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := changing(t)
		id := b.create(t, Config{Key: key("a"), Disabled: true})
		if err := b.Enable(t.Context(), []string{id, id}, true); err != nil {
			t.Error(err)
		}
		time.Sleep(time.Minute)
		if n := len(b.tries()); n != 1 || b.status().State != Live {
			t.Errorf("%d tries, %+v", n, b.status())
		}
		b.Close()
	})
}

// TestEnableTwoOfOneStream is refused, and neither is fetched.
func TestEnableTwoOfOneStream(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := changing(t)
		one := b.create(t, Config{Key: key("a"), Disabled: true})
		two := b.create(t, Config{Key: key("a"), Disabled: true})
		if err := b.Enable(t.Context(), []string{one, two}, true); !errors.Is(err, ErrExists) {
			t.Errorf("%v", err)
		}
		for _, st := range b.List() {
			if st.State != Disabled {
				t.Errorf("%+v", st)
			}
		}
		b.Close()
	})
}

// TestChangesWhileConnecting end the try at once, whatever it waits for.
func TestChangesWhileConnecting(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := changing(t)
		b.play(func(ctx context.Context, _ Session) (stream.EndReason, error) {
			<-ctx.Done()
			return "", context.Cause(ctx)
		})
		id := b.create(t, Config{Key: key("a")})
		begin := time.Now()
		for i := range 10 {
			if st := b.status(); st.State != Connecting {
				t.Errorf("%+v", st)
			}
			if err := b.Modify(t.Context(), id, func(c *Config) error { c.AreaID = int64(i + 1); return nil }); err != nil {
				t.Error(err)
			}
		}
		b.play(func(context.Context, Session) (stream.EndReason, error) { return "", errors.New("no") })
		if err := b.Modify(t.Context(), id, func(c *Config) error { c.IspID = 1; return nil }); err != nil {
			t.Error(err)
		}
		// In back-off.
		if st := b.status(); st.State != Waiting || st.AreaID != 10 || st.IspID != 1 {
			t.Errorf("%+v", st)
		}
		for _, on := range []bool{false, true, false} {
			if err := b.Enable(t.Context(), []string{id}, on); err != nil {
				t.Error(err)
			}
			if st := b.status(); (st.State == Disabled) == on {
				t.Errorf("%+v", st)
			}
		}
		if err := b.Delete(t.Context(), id); err != nil || len(b.List()) != 0 {
			t.Errorf("%v, %+v", err, b.List())
		}
		if d := time.Since(begin); d != 0 {
			t.Errorf("it took %s", d)
		}
		b.Close()
		b.hub.Close()
	})
}

// TestThousandConnecting stop at once.
func TestThousandConnecting(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := changing(t)
		b.play(func(ctx context.Context, _ Session) (stream.EndReason, error) {
			<-ctx.Done()
			return "", context.Cause(ctx)
		})
		for i := range MaxSources {
			b.create(t, Config{Key: key(strconv.Itoa(i))})
		}
		synctest.Wait()
		if states, _ := b.Stats(); states[Connecting] != MaxSources {
			t.Errorf("%v", states)
		}
		begin := time.Now()
		if b.Close(); time.Since(begin) != 0 {
			t.Errorf("it took %s", time.Since(begin))
		}
	})
}

// TestReplacedByNobodyWhoPushes: two that take the stream over from each other do so at the pace of the back-off.
func TestReplacedByNobodyWhoPushes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, Config{URL: "rtmp://h/a/b", Key: key("a")})
		b.hub.Takeover = stream.TakeoverAlways
		tries := 0
		b.play(func(_ context.Context, s Session) (stream.EndReason, error) {
			if tries++; tries > 1000 {
				return "", errors.New("that is enough")
			}
			if _, err := s.Publish(from, from); err != nil {
				return "", err
			}
			_, err := b.hub.Publish(stream.Publisher{Key: key("a"), Protocol: "rtsp" + stream.PulledSuffix})
			return stream.EndDropped, errors.Join(stream.ErrEnded, err)
		})
		b.Start()
		time.Sleep(time.Minute)
		if n := len(b.tries()); n > 20 {
			t.Errorf("%d tries in a minute", n)
		}
		b.Close()
		b.hub.Close()
	})
}

// TestDeletedSourceDoesNotPublish, even if its player has media left.
func TestDeletedSourceDoesNotPublish(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t)
		b.Store = &kept{}
		published := 0
		b.hub.Attach = func(*stream.Stream) { published++ }
		b.play(func(ctx context.Context, s Session) (stream.EndReason, error) {
			<-ctx.Done()
			_, err := s.Publish(netip.AddrPort{}, netip.AddrPort{})
			return stream.EndLost, err
		})
		b.Start()
		id := b.create(t, Config{Key: key("a")})
		synctest.Wait()
		if err := b.Delete(t.Context(), id); err != nil || published != 0 {
			t.Errorf("%v; %d streams", err, published)
		}
		b.Close()
	})
}

// TestOverWhilePushed: the time of a source ends though somebody pushes its stream.
func TestOverWhilePushed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, Config{URL: "rtmp://h/a/b", Key: key("a"), End: time.Now().Add(90 * time.Second)})
		if _, err := b.hub.Publish(stream.Publisher{Key: key("a"), Protocol: "rtmp"}); err != nil {
			t.Fatal(err)
		}
		b.Start()
		if st := b.status(); st.State != Waiting || !strings.Contains(st.Reason, "pushes") {
			t.Errorf("%+v", st)
		}
		time.Sleep(91 * time.Second)
		if st := b.status(); st.State != Over {
			t.Errorf("%+v", st)
		}
		b.Close()
		b.hub.Close()
	})
}

// stored is a database with sources.
type stored struct {
	Store
	all []Config
}

func (s stored) Pulls(context.Context) ([]Config, error) { return s.all, nil }

// TestStoredSourcesThatAreWrong are listed with the reason, and neither fetched nor in the way of the others.
func TestStoredSourcesThatAreWrong(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, Config{URL: "rtmp://h/a/b", Key: key("fixed")})
		b.play(lasting(time.Hour))
		b.Store = stored{all: []Config{
			{ID: "1", URL: "rtmp://u:geheim\x01@h/a/b", Key: key("a")},
			{ID: "2", URL: "rtmp://h/a/b", Key: key("")},
			{ID: "3", URL: "rtmp://h/a/b", Key: key("fixed")},
			{ID: "4", URL: "rtmp://h/a/b", Key: key("b"), Transport: "smoke"},
			{ID: "5", URL: "rtmp://h/a/b", Key: key("b")},
		}}
		if err := b.Open(t.Context()); err != nil {
			t.Fatal(err)
		}
		b.Start()
		synctest.Wait()
		for i, want := range []State{Live, Disabled, Disabled, Disabled, Disabled, Live} {
			if st := b.List()[i]; st.State != want || (want == Disabled) == (st.Reason == "") {
				t.Errorf("%d: %+v", i, st)
			}
		}
		if strings.Contains(b.log.String(), "geheim") {
			t.Error(b.log.String())
		}
		b.Close()
		b.hub.Close()
	})
}
