package stream

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"aircheck/ingest/media"
	"aircheck/ingest/media/mediatest"
)

// publish opens a stream whose name is its own in a hub.
func publish(t testing.TB, h *Hub, name string) *Stream {
	t.Helper()
	s, err := h.Publish(Publisher{Key: media.StreamKey{Domain: "d", App: "live", Stream: name}})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// roomy is a hub that remembers all of what tests write.
func roomy() *Hub { return &Hub{GOP: 1 << 30, TotalGOP: 1 << 30} }

// deliver writes units as the ingest does, and lets go of them: each one has a slab of its own, so that gone tells whether
// somebody holds it.
func deliver(t testing.TB, s *Stream, units ...*media.Unit) []*media.Unit {
	t.Helper()
	var lent []*media.Unit
	for _, u := range units {
		one, done := mediatest.Lend([]*media.Unit{u})
		defer done()
		lent = append(lent, one...)
	}
	if err := s.Write(lent); err != nil {
		t.Fatal(err)
	}
	return lent
}

func gone(u *media.Unit) bool { return u.Track == nil }

// expect checks that of all units the last n are remembered and the others released, whether a reader is told of a whole
// beginning, and what the hub counts. It leaves everything as it was.
func expect(t testing.TB, s *Stream, all []*media.Unit, n int, whole bool) {
	t.Helper()
	notified := 0
	r := s.NewReader(ReaderOptions{Backlog: true, Notify: func() { notified++ }})
	defer r.Close()
	got := r.Take().Units
	if !slices.Equal(got, all[len(all)-n:]) || r.Whole() != whole || (notified == 1) != (n > 0 || s.Ended() != nil) {
		t.Errorf("after %d units: %d remembered, whole %v, notified %d times; want %d, %v", len(all), len(got), r.Whole(), notified, n, whole)
	}
	for _, u := range got {
		u.Release()
	}
	for i, u := range all {
		if gone(u) != (i < len(all)-n) {
			t.Fatalf("unit %d of %d: released %v", i, len(all), gone(u))
		}
	}
	if held := charge(s.gop.held()); s.gop.bytes != held {
		t.Errorf("charged with %d bytes, want %d", s.gop.bytes, held)
	}
}

func charge(units []*media.Unit) (bytes int) {
	for _, u := range units {
		bytes += len(u.Payload) + unitCost
	}
	return bytes
}

// TestBacklogFromTheLastPicture looks after each unit: the backlog begins with the newest random access point of the
// pictures, and before there is one with the last second of sound.
func TestBacklogFromTheLastPicture(t *testing.T) {
	sound := mediatest.Sound(mediatest.AAC(2, 1000), 150, 0)                           // 3.2 s
	pictures := mediatest.Pictures(mediatest.H264(1, 1000), 3*mediatest.GOP, 1500, 40) // for 1.2 s
	for name, units := range map[string][]*media.Unit{
		"sound first":    mediatest.Interleave(sound, pictures),
		"pictures first": mediatest.Interleave(pictures, sound[75:]),
		"pictures only":  pictures,
	} {
		t.Run(name, func(t *testing.T) {
			h := roomy()
			s := publish(t, h, "a")
			var all []*media.Unit
			begin, picture := 0, false
			for i, u := range units {
				all = append(all, deliver(t, s, u)...)
				picture = picture || u.Track.ID == 1
				if u.Track.ID == 1 && u.RandomAccess {
					begin = i
				}
				for !picture && u.Time()-units[begin].Time() > time.Second {
					begin++
				}
				expect(t, s, all, i+1-begin, true)
			}
			if h.cached.Load() != int64(charge(all[begin:])) {
				t.Errorf("the hub counts %d bytes", h.cached.Load())
			}
		})
	}
}

// TestBacklogOfOneDelivery has several random access points come at once.
func TestBacklogOfOneDelivery(t *testing.T) {
	s := publish(t, roomy(), "a")
	expect(t, s, nil, 0, false)
	all := deliver(t, s, mediatest.Pictures(mediatest.H264(1, 1000), 3*mediatest.GOP+4, 0, 40)...)
	expect(t, s, all, 4, true)
	if len(s.readers) != 0 {
		t.Error("a reader is left")
	}
}

// TestBacklogOfSound lets the time line jump: what was before the jump is forgotten.
func TestBacklogOfSound(t *testing.T) {
	s := publish(t, roomy(), "a")
	all := deliver(t, s, mediatest.Sound(mediatest.AAC(1, 1000), 47, 3_600_000)...) // less than a second
	expect(t, s, all, 47, true)
	all = append(all, deliver(t, s, mediatest.Sound(mediatest.AAC(1, 1000), 30, 0)...)...)
	expect(t, s, all, 30, true)
	all = append(all, deliver(t, s, mediatest.Sound(mediatest.OtherAAC(1, 1000), 10, 7_200_000)...)...)
	expect(t, s, all, 10, true)
	exact := mediatest.Sound(mediatest.AAC(1, 1000), 1, 10_000_000)[0]
	for _, step := range []struct {
		dts  int64
		held int
	}{{0, 1}, {1000, 2}, {1001, 2}, {2002, 1}} {
		u := *exact
		u.DTS += step.dts
		all = append(all, deliver(t, s, &u)...)
		expect(t, s, all, step.held, true)
	}
}

// TestBacklogWithoutAccessPoint joins a publisher that begins in the middle of its pictures.
func TestBacklogWithoutAccessPoint(t *testing.T) {
	s := publish(t, roomy(), "a")
	pictures, sound := mediatest.Pictures(mediatest.H264(1, 1000), 2*mediatest.GOP, 0, 40), mediatest.Sound(mediatest.AAC(2, 1000), 40, 0)
	units := mediatest.Interleave(pictures, sound)
	at := slices.IndexFunc(units[1:], func(u *media.Unit) bool { return u.Track.ID == 1 && u.RandomAccess }) + 1
	all := deliver(t, s, units[2:at]...)
	expect(t, s, all, at-2, false)
	all = append(all, deliver(t, s, units[at:]...)...)
	expect(t, s, all, len(units)-at, true)
}

// TestBacklogOfTheLowestTrack: of several tracks of pictures one begins the backlog.
func TestBacklogOfTheLowestTrack(t *testing.T) {
	first, second := mediatest.Intra(mediatest.H264(1, 1000), 3, 0, 40), mediatest.Intra(mediatest.H265(2, 1000), 3, 0, 40)
	middle := mediatest.Pictures(mediatest.H264(1, 1000), 2, 0, 40)[1]
	s := publish(t, roomy(), "a")
	var all []*media.Unit
	for _, step := range []struct {
		unit  *media.Unit
		held  int
		whole bool
	}{
		{second[0], 1, true},
		{second[1], 1, true},
		{middle, 2, false}, // the lower track has delivered, and counts
		{second[2], 3, false},
		{first[0], 1, true},
		{second[0], 2, true},
		{first[1], 1, true},
		{middle, 2, true},
	} {
		all = append(all, deliver(t, s, step.unit)...)
		expect(t, s, all, step.held, step.whole)
	}
}

// TestBacklogWhenPicturesStop: once the last picture is pushed out, the stream is one of sound; and another track may take over.
func TestBacklogWhenPicturesStop(t *testing.T) {
	pictures := mediatest.Pictures(mediatest.H264(1, 1000), 2, 0, 40)
	sound := mediatest.Sound(mediatest.AAC(3, 1000), 120, 0)
	s := publish(t, &Hub{GOP: charge(pictures[1:]) + charge(sound[:100]), TotalGOP: 1 << 30}, "a")
	all := deliver(t, s, pictures...)
	expect(t, s, all, 2, true)
	all = append(all, deliver(t, s, sound[:100]...)...)
	expect(t, s, all, 101, false) // from the second picture on
	for _, u := range sound[100:] {
		if all = append(all, deliver(t, s, u)...); len(s.gop.held()) < 101 {
			break
		}
	}
	if n := len(s.gop.held()); n < 95 || !s.gop.whole() { // the second picture has gone
		t.Fatalf("%d remembered, whole %v", n, s.gop.whole())
	}
	all = append(all, deliver(t, s, sound[len(all)-2])...)
	expect(t, s, all, 47, true)
	all = append(all, deliver(t, s, mediatest.Intra(mediatest.H264(2, 1000), 1, 0, 40)...)...)
	expect(t, s, all, 1, true)
}

// TestGOPBound checks a stream's bound to the byte.
func TestGOPBound(t *testing.T) {
	units := mediatest.Pictures(mediatest.H264(1, 1000), mediatest.GOP+3, 0, 40)
	group := units[:mediatest.GOP]
	for _, ca := range []struct {
		name  string
		bound int
		held  int
		whole bool
	}{
		{"fits", charge(group), mediatest.GOP, true},
		{"a byte short", charge(group) - 1, mediatest.GOP - 1, false},
		{"the last two", charge(group[8:]), 2, false},
		{"not the last", charge(group[9:]) - 1, 0, false},
	} {
		for _, h := range []*Hub{{GOP: ca.bound, TotalGOP: 1 << 30}, {GOP: 1 << 30, TotalGOP: ca.bound}} {
			t.Run(fmt.Sprint(ca.name, " ", h.GOP < h.TotalGOP), func(t *testing.T) {
				s := publish(t, h, "a")
				all := deliver(t, s, group...)
				expect(t, s, all, ca.held, ca.whole)
				if got := h.cached.Load(); got != int64(charge(all[len(all)-ca.held:])) {
					t.Errorf("the hub counts %d bytes", got)
				}
				s.End(EndClient, "")
				expect(t, s, all, 0, false)
				one := publish(t, h, "b") // unit by unit it is the same
				all = nil
				for _, u := range group {
					all = append(all, deliver(t, one, u)...)
				}
				expect(t, one, all, ca.held, ca.whole)
			})
		}
	}
}

// TestAccessPointMendsTheBacklog: what did not fit is over with the next random access point.
func TestAccessPointMendsTheBacklog(t *testing.T) {
	units := mediatest.Pictures(mediatest.H264(1, 1000), mediatest.GOP+1, 0, 40)
	large := mediatest.Grow(units[0], 1<<20)
	s := publish(t, &Hub{GOP: 64 << 10, TotalGOP: 1 << 30}, "a")
	all := deliver(t, s, large)
	expect(t, s, all, 0, false)
	all = append(all, deliver(t, s, units[1:mediatest.GOP]...)...)
	expect(t, s, all, mediatest.GOP-1, false)
	all = append(all, deliver(t, s, units[mediatest.GOP:]...)...)
	expect(t, s, all, 1, true)
}

// TestTotalGOPBound: a stream that finds the total used up gives up what is its own, and has room again when another ends.
func TestTotalGOPBound(t *testing.T) {
	units := mediatest.Pictures(mediatest.H264(1, 1000), mediatest.GOP, 0, 40)
	h := &Hub{GOP: 1 << 30, TotalGOP: 2*charge(units) + charge(units[5:])}
	streams := []*Stream{publish(t, h, "a"), publish(t, h, "b"), publish(t, h, "c")}
	var all [3][]*media.Unit
	for i, s := range streams {
		all[i] = deliver(t, s, units...)
	}
	expect(t, streams[0], all[0], 10, true)
	expect(t, streams[1], all[1], 10, true)
	expect(t, streams[2], all[2], 5, false)
	if got := h.cached.Load(); got != int64(h.TotalGOP) {
		t.Errorf("the hub counts %d bytes of %d", got, h.TotalGOP)
	}
	streams[0].End(EndLost, "")
	expect(t, streams[0], all[0], 0, false)
	all[2] = append(all[2], deliver(t, streams[2], units...)...)
	expect(t, streams[2], all[2], 10, true)
	h.Close()
	for i, s := range streams {
		expect(t, s, all[i], 0, false)
	}
	if got := h.cached.Load(); got != 0 {
		t.Errorf("the hub counts %d bytes when all have ended", got)
	}
}

// TestStreamsShareTheTotal writes many streams at once, some of which end, into a total that is too small for them.
func TestStreamsShareTheTotal(t *testing.T) {
	units := mediatest.Pictures(mediatest.H264(1, 1000), 20*mediatest.GOP+5, 0, 40)
	h := &Hub{GOP: 6 << 10, TotalGOP: 12 << 10}
	streams := make([]*Stream, 8)
	var work sync.WaitGroup
	for i := range streams {
		streams[i] = publish(t, h, fmt.Sprint(i))
		work.Go(func() {
			for _, u := range units {
				deliver(t, streams[i], u)
			}
			if i%2 == 0 {
				streams[i].End(EndClient, "")
			}
		})
	}
	work.Wait()
	sum := 0
	for _, s := range streams {
		sum += charge(s.gop.held())
	}
	if sum == 0 || sum > h.TotalGOP || h.cached.Load() != int64(sum) {
		t.Errorf("the hub counts %d bytes, the streams hold %d of %d", h.cached.Load(), sum, h.TotalGOP)
	}
	h.Close()
	if got := h.cached.Load(); got != 0 {
		t.Errorf("the hub counts %d bytes when all have ended", got)
	}
}

// TestNothingStaysBehind ends what is remembered in every way, beside readers that have their units still.
func TestNothingStaysBehind(t *testing.T) {
	units := mediatest.Interleave(mediatest.Pictures(mediatest.H264(1, 1000), 8, 0, 40), mediatest.Sound(mediatest.AAC(2, 1000), 12, 0))
	for name, how := range map[string]func(*Hub, *Stream){
		"end":     func(_ *Hub, s *Stream) { s.End(EndClient, ""); s.End(EndLost, "") },
		"drop":    func(_ *Hub, s *Stream) { s.Drop(EndDropped, "") },
		"close":   func(h *Hub, _ *Stream) { h.Close() },
		"replace": func(h *Hub, _ *Stream) { publish(t, h, "a") },
		"off":     func(h *Hub, s *Stream) { h.GOP = 0; write(t, s); write(t, s); s.End(EndClient, "") },
		"all off": func(h *Hub, s *Stream) { h.TotalGOP = 0; write(t, s); s.End(EndClient, "") },
		"less":    func(h *Hub, s *Stream) { h.GOP = unitCost; write(t, s); s.End(EndClient, "") },
		"cleared": func(_ *Hub, s *Stream) { s.mu.Lock(); s.gop.clear(); s.mu.Unlock(); s.End(EndClient, "") },
	} {
		t.Run(name, func(t *testing.T) {
			h := roomy()
			h.Takeover = TakeoverAlways
			s := publish(t, h, "a")
			all := deliver(t, s, units...)
			joining := ReaderOptions{Backlog: true}
			plain, late, closed := s.NewReader(ReaderOptions{}), s.NewReader(joining), s.NewReader(joining)
			all = append(all, deliver(t, s, units[15:]...)...)
			closed.Close()
			how(h, s)
			if h.cached.Load() != 0 || s.gop.units != nil || s.gop.bytes != 0 {
				t.Errorf("the hub counts %d bytes, the stream %d", h.cached.Load(), s.gop.bytes)
			}
			for i, u := range all {
				if gone(u) {
					t.Fatalf("unit %d is gone, and a reader has it queued", i)
				}
			}
			for _, u := range append(take(t, late, 25, 0, s.end.Reason).Units, take(t, plain, 5, 0, s.end.Reason).Units...) {
				u.Release()
			}
			take(t, closed, 0, 0, "")
			after := s.NewReader(ReaderOptions{Backlog: true})
			take(t, after, 0, 0, s.end.Reason)
			for i, u := range all {
				if !gone(u) {
					t.Fatalf("unit %d is never released", i)
				}
			}
		})
	}
}

// TestNothingIsRememberedUnasked: a hub without both bounds, and a reader that wants no backlog.
func TestNothingIsRememberedUnasked(t *testing.T) {
	units := mediatest.Pictures(mediatest.H264(1, 1000), 5, 0, 40)
	for _, h := range []*Hub{{}, {GOP: 1 << 20}, {TotalGOP: 1 << 20}, {GOP: -1, TotalGOP: 1 << 20}} {
		s := publish(t, h, "a")
		expect(t, s, deliver(t, s, units...), 0, false)
	}
	s := publish(t, roomy(), "a")
	deliver(t, s, units...)
	r := s.NewReader(ReaderOptions{})
	if take(t, r, 0, 0, ""); r.Whole() {
		t.Error("nothing is whole")
	}
}

// TestLiveBehindABacklog: the backlog is in nobody's way, however old and large it is, and the bounds hold for what comes behind
// it as they do without one.
func TestLiveBehindABacklog(t *testing.T) {
	units := mediatest.Pictures(mediatest.H264(1, 1000), 4*mediatest.GOP, 0, 40)
	live := units[8:]
	for name, o := range map[string]ReaderOptions{
		"time":     {MaxTime: 80 * time.Millisecond},
		"bytes":    {MaxBytes: charge(live[:4]) - 1},
		"one unit": {MaxBytes: 1},
		"no room":  {MaxTime: time.Nanosecond},
		"roomy":    {},
	} {
		t.Run(name, func(t *testing.T) {
			s := publish(t, roomy(), "a")
			deliver(t, s, units[:8]...)
			plain := s.NewReader(o)
			notified := 0
			o.Backlog, o.Notify = true, func() { notified++ }
			joined := s.NewReader(o)
			if notified != 1 || !joined.Whole() {
				t.Errorf("notified %d times, whole %v", notified, joined.Whole())
			}
			seen, next := 8, 0
			for round := range 4 {
				for ; next < 7*(round+1); next++ {
					deliver(t, s, live[next])
				}
				want, got := plain.Take(), joined.Take()
				if round == 0 {
					for i, u := range got.Units[:8] {
						if u.DTS != units[i].DTS || !bytes.Equal(u.Payload, units[i].Payload) {
							t.Errorf("unit %d of the backlog is another", i)
						}
					}
					got.Units = got.Units[8:]
				}
				if !slices.Equal(got.Units, want.Units) || got.Lost != want.Lost {
					t.Errorf("round %d: %d units, %+v; without a backlog %d, %+v", round, len(got.Units), got.Lost, len(want.Units), want.Lost)
				}
				seen += len(got.Units) + got.Lost.Units
			}
			if seen == 8 || notified < 2 {
				t.Errorf("%d units seen, notified %d times", seen, notified)
			}
		})
	}
}

// TestBacklogTellsOfPictures: a reader that has had pictures in its backlog waits for one after a loss.
func TestBacklogTellsOfPictures(t *testing.T) {
	pictures := mediatest.Pictures(mediatest.H264(1, 1000), mediatest.GOP+1, 0, 40)
	sound := mediatest.Sound(mediatest.AAC(2, 1000), 3, 0)
	s := publish(t, roomy(), "a")
	deliver(t, s, pictures[0])
	r := s.NewReader(ReaderOptions{Backlog: true, MaxBytes: 1})
	deliver(t, s, sound[0], sound[1])
	take(t, r, 2, 0, "")
	deliver(t, s, sound[2], pictures[mediatest.GOP])
	take(t, r, 1, 2, "")
}

// TestJoinersMissNothing has readers join a stream that is being written, and look at every unit's place and bytes.
func TestJoinersMissNothing(t *testing.T) {
	h := &Hub{GOP: 9 << 10, TotalGOP: 1 << 20} // now and then a bound pushes the access point out
	s := publish(t, h, "a")
	pattern := mediatest.Pictures(mediatest.H264(1, 1000), 4*mediatest.GOP, 0, 40)
	var joined, whole atomic.Int32
	var work sync.WaitGroup
	for range 4 {
		work.Go(func() {
			for range 100 {
				wake := make(chan struct{}, 1)
				r := s.NewReader(ReaderOptions{Backlog: true, Notify: func() {
					select {
					case wake <- struct{}{}:
					default:
					}
				}})
				next := int64(-1)
				for range 3 {
					<-wake
					for _, u := range r.Take().Units {
						if next < 0 && r.Whole() {
							whole.Add(1)
							if !u.RandomAccess {
								t.Errorf("begins with %d", u.DTS)
							}
						}
						want := pattern[u.DTS/40%int64(len(pattern))]
						if next >= 0 && u.DTS != next || !bytes.Equal(u.Payload, want.Payload) {
							t.Errorf("%d, or other bytes of it, after %d", u.DTS, next-40)
						}
						next = u.DTS + 40
						u.Release()
					}
				}
				r.Close()
			}
			joined.Add(1)
		})
	}
	var all []*media.Unit
	for n := 0; joined.Load() < 4; n++ {
		u := *pattern[n%len(pattern)]
		u.DTS = int64(n) * 40
		all = append(all, deliver(t, s, &u)...)
	}
	work.Wait()
	s.End(EndClient, "")
	for i, u := range all {
		if !gone(u) {
			t.Fatalf("unit %d of %d is never released", i, len(all))
		}
	}
	if h.cached.Load() != 0 || whole.Load() == 0 {
		t.Errorf("the hub counts %d bytes; %d began with an access point", h.cached.Load(), whole.Load())
	}
}

// gopModel says what a stream remembers, as simply as can be. Its units are those that were lent.
type gopModel struct {
	held  []*media.Unit
	video int
}

func isPicture(u *media.Unit) bool { return u.Track.Codec.Kind() == media.Video }

func (m *gopModel) write(units []*media.Unit, stream, total int) {
	for _, u := range units {
		if isPicture(u) && (m.video == 0 || u.Track.ID < m.video) {
			m.video = u.Track.ID
		}
		if isPicture(u) && u.Track.ID == m.video && u.RandomAccess {
			m.held = nil
		}
		m.held = append(slices.Clone(m.held), u)
		for m.video == 0 && (u.Time()-m.held[0].Time()).Abs() > time.Second {
			m.held = m.held[1:]
		}
	}
	cut := false
	for len(m.held) > 0 && charge(m.held) > min(stream, total) {
		m.held, cut = m.held[1:], true
	}
	if cut && !slices.ContainsFunc(m.held, func(u *media.Unit) bool { return isPicture(u) && u.Track.ID == m.video }) {
		m.video = 0
	}
}

func (m *gopModel) whole() bool {
	return len(m.held) > 0 && m.held[0].RandomAccess && (m.video == 0 || isPicture(m.held[0]) && m.held[0].Track.ID == m.video)
}

// TestGOPAgainstModel writes whatever comes in whatever batches and compares with the model: two tracks of pictures and two of
// sound, changes of parameters, jumps, bounds that change, streams that end.
func TestGOPAgainstModel(t *testing.T) {
	for seed := range uint64(30) {
		rnd := rand.New(rand.NewPCG(seed, 0))
		h := &Hub{GOP: 1 << 20, TotalGOP: 1 << 20}
		streams := []*Stream{publish(t, h, "a"), publish(t, h, "b")}
		models := make([]gopModel, 2)
		written := make([][]*media.Unit, 2)
		var dts [2]int64
		for step := range 400 {
			at := rnd.IntN(2)
			s, m := streams[at], &models[at]
			other := charge(models[1-at].held)
			switch rnd.IntN(100) {
			case 0:
				h.GOP, h.TotalGOP = 1+rnd.IntN(40<<10), 1+rnd.IntN(60<<10)
			case 1:
				h.GOP, h.TotalGOP = 1<<20, 1<<20
			case 2:
				h.GOP = 0
			case 3:
				s.End(EndClient, "")
				check(t, h, s, &gopModel{}, written[at])
				streams[at], models[at], written[at] = publish(t, h, s.Key().Stream), gopModel{}, nil
				continue
			}
			batch := randomUnits(rnd, &dts[at])
			written[at] = append(written[at], deliver(t, s, batch...)...)
			if h.GOP == 0 {
				*m = gopModel{}
			} else {
				m.write(batch, h.GOP, h.TotalGOP-other)
			}
			check(t, h, s, m, written[at])
			if got := h.cached.Load(); got != int64(other+charge(m.held)) {
				t.Fatalf("seed %d, step %d: the hub counts %d bytes, want %d", seed, step, got, other+charge(m.held))
			}
		}
		h.Close()
		for at, s := range streams {
			check(t, h, s, &gopModel{}, written[at])
		}
		if h.cached.Load() != 0 {
			t.Fatalf("seed %d: %d bytes stay behind", seed, h.cached.Load())
		}
	}
}

// check compares a stream with its model, and with what it was written.
func check(t *testing.T, h *Hub, s *Stream, m *gopModel, written []*media.Unit) {
	t.Helper()
	if got := s.gop.held(); len(got) != len(m.held) || s.gop.whole() != m.whole() {
		t.Fatalf("after %d units with bounds of %d and %d: %d remembered, whole %v; want %d, %v",
			len(written), h.GOP, h.TotalGOP, len(got), s.gop.whole(), len(m.held), m.whole())
	}
	expect(t, s, written, len(m.held), m.whole())
}

// randomUnits returns up to a dozen units of any track.
func randomUnits(rnd *rand.Rand, dts *int64) []*media.Unit {
	units := make([]*media.Unit, rnd.IntN(12))
	for i := range units {
		*dts += int64(rnd.IntN(80))
		if rnd.IntN(200) == 0 {
			*dts += int64(rnd.IntN(20_000)) - 10_000
		}
		u := &media.Unit{DTS: *dts, PTS: *dts, Wall: mediatest.Wall, RandomAccess: true, Payload: make([]byte, rnd.IntN(1000))}
		switch n := rnd.IntN(200); {
		case n < 3:
			u.Track = mediatest.H264(1+n, 1000)
		case n < 70:
			u.Track, u.RandomAccess = mediatest.H264(1+n%2*2, 1000), false
		case n < 140:
			u.Track = mediatest.AAC(2, 1000)
		default:
			u.Track = mediatest.OtherAAC(4, 1000)
		}
		units[i] = u
	}
	return units
}

// TestSliceIsUsedAgain looks at the memory of the cache itself: at its bound it stays large enough to be moved seldom, and a burst's
// is given back.
func TestSliceIsUsedAgain(t *testing.T) {
	var h Hub
	tiny := func(random bool) *media.Unit {
		return &media.Unit{Track: mediatest.H264(1, 1000), RandomAccess: random, Payload: []byte{1}}
	}
	h.GOP, h.TotalGOP = 100*(unitCost+1), 1<<30
	s := publish(t, &h, "a")
	for range 10_000 {
		write(t, s, tiny(false))
	}
	if n := cap(s.gop.units); len(s.gop.held()) != 100 || n < 200 || n > 400 {
		t.Errorf("%d units in a slice of %d", len(s.gop.held()), n)
	}
	h.GOP = 1 << 30
	for range 2 * maxKept {
		write(t, s, tiny(false))
	}
	large := cap(s.gop.units)
	write(t, s, tiny(true))
	if again := cap(s.gop.units); large < 2*maxKept || again != large {
		t.Errorf("a slice of %d that was full became one of %d", large, again)
	}
	if write(t, s, tiny(true)); cap(s.gop.units) > maxKept {
		t.Errorf("a slice of %d is kept for one unit", cap(s.gop.units))
	}
}

// TestWriteAllocatesNothing writes second after second, with the cache at its bound and without one.
func TestWriteAllocatesNothing(t *testing.T) {
	for _, gop := range []int{0, 3 << 10, 4 << 20} {
		s, step := steady(t, gop, 2)
		for range 10 {
			step()
		}
		if n := testing.AllocsPerRun(100, step); n != 0 {
			t.Errorf("a cache of %d bytes: %v allocations a second of media", gop, n)
		}
		s.End(EndClient, "")
	}
}

// steady returns a stream with readers, and a function that writes a second of pictures and sound in ticks, after each of which
// every reader takes what there is.
func steady(tb testing.TB, gop, readers int) (*Stream, func()) {
	s := publish(tb, &Hub{GOP: gop, TotalGOP: 256 << 20}, "a")
	taking := make([]*Reader, readers)
	for i := range taking {
		taking[i] = s.NewReader(ReaderOptions{Backlog: true})
	}
	units, _ := mediatest.Lend(second()) // the slab is held for good
	const tick = 7                       // units
	return s, func() {
		for at := 0; at < len(units); at += tick {
			if err := s.Write(units[at:min(at+tick, len(units))]); err != nil {
				tb.Fatal(err)
			}
			for _, r := range taking {
				for _, u := range r.Take().Units {
					u.Release()
				}
			}
		}
	}
}

func second() []*media.Unit {
	return mediatest.Interleave(mediatest.Pictures(mediatest.H264(1, 1000), 30, 0, 33), mediatest.Sound(mediatest.AAC(2, 1000), 47, 0))
}

// BenchmarkWrite writes seconds of pictures and sound to no, one and four readers, remembered or not.
func BenchmarkWrite(b *testing.B) {
	for _, readers := range []int{0, 1, 4} {
		for _, gop := range []int{0, 4 << 20} {
			b.Run(fmt.Sprintf("readers=%d/cache=%v", readers, gop > 0), func(b *testing.B) {
				s, step := steady(b, gop, readers)
				b.ReportAllocs()
				for b.Loop() {
					step()
				}
				b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*len(second())), "ns/unit")
				s.End(EndClient, "")
			})
		}
	}
}
