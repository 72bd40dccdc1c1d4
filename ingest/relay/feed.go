package relay

import (
	"slices"
	"sync"
	"time"

	"aircheck/ingest/media"
	"aircheck/ingest/stream"
)

const (
	// hurry is when a player is tried again whose socket was full, patient when it has taken nothing for long.
	hurry   = 10 * time.Millisecond
	patient = 100 * time.Millisecond
	// silentPictures is how long no picture may come before sound alone is a place to start at.
	silentPictures = 10 * time.Second
	// unitRoom is what a unit needs beside its payload, in bytes; perChunk is what each 64 KiB of it does.
	unitRoom, perChunk = 64, 16
)

// feed is one stream's log and its players. Its goroutine encodes what the stream delivers, and sends it.
type feed struct {
	relay  *Relay
	stream *stream.Stream
	reader *stream.Reader
	wake   chan struct{}
	stop   chan struct{}

	// What the goroutine alone uses.
	started bool
	base    int64 // of the stream's time line, in ms, where the players' begins
	last    int64 // time of the newest unit on the players' time line
	tracks  []*media.Track
	told    []*media.Track // which of them the log has told players of
	shown   time.Time      // when the newest picture came
	serving []*Player

	mu      sync.Mutex
	blocks  []*block
	first   uint64 // number of the first of blocks
	bytes   int
	access  int // place in blocks of the newest access point, or -1
	players []*Player
	ended   bool
	gone    bool // the goroutine has ended the players there were
}

func newFeed(r *Relay, s *stream.Stream) *feed {
	f := &feed{relay: r, stream: s, wake: make(chan struct{}, 1), stop: make(chan struct{}), access: -1}
	f.reader = s.NewReader(stream.ReaderOptions{Backlog: true, Prompt: true, Notify: f.signal})
	return f
}

func (f *feed) signal() {
	select {
	case f.wake <- struct{}{}:
	default:
	}
}

func (f *feed) join(p *Player) {
	p.feed = f
	f.mu.Lock()
	f.players = append(f.players, p)
	p.next = f.newest()
	gone := f.gone
	f.mu.Unlock()
	if gone {
		p.end(ErrClosed)
	}
	if p.direct == nil {
		p.running.Go(p.run)
	}
	f.signal()
}

// leave returns how many players are left.
func (f *feed) leave(p *Player) int {
	f.mu.Lock()
	defer f.mu.Unlock()
	if i := slices.Index(f.players, p); i >= 0 {
		f.players = slices.Delete(f.players, i, i+1)
	}
	return len(f.players)
}

func (f *feed) run() {
	defer f.close()
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		select {
		case <-f.stop:
			return
		case <-f.wake:
		case <-timer.C:
		}
		f.take()
		if again := f.serve(); again > 0 {
			timer.Reset(again)
		}
	}
}

// close releases everything and ends the players that are left.
func (f *feed) close() {
	f.reader.Close()
	f.mu.Lock()
	f.gone = true
	players := slices.Clone(f.players)
	f.mu.Unlock()
	for _, p := range players {
		p.end(ErrClosed)
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, b := range f.blocks {
		b.unit.Release()
	}
	f.first += uint64(len(f.blocks))
	f.blocks, f.access, f.bytes = nil, -1, 0
}

// take encodes what the stream has delivered.
func (f *feed) take() {
	batch := f.reader.Take()
	f.adopt(batch.Units)
	for units := batch.Units; len(units) > 0; {
		n := 1
		for n < len(units) && !f.picture(units[n]) {
			n++
		}
		f.write(units[:n])
		units = units[n:]
	}
	for _, u := range batch.Units {
		u.Release()
	}
	if batch.End != nil {
		f.mu.Lock()
		f.ended = true
		for _, p := range f.players {
			p.signal()
		}
		f.mu.Unlock()
	}
}

// serve sends to every player what its socket takes, and returns how soon that is to be done again; 0: when there is more.
func (f *feed) serve() (again time.Duration) {
	f.mu.Lock()
	f.serving = append(f.serving[:0], f.players...)
	f.mu.Unlock()
	now := time.Now()
	for _, p := range f.serving {
		switch wait := p.serve(now); {
		case wait > 0 && again > 0:
			again = min(again, wait)
		case wait > 0:
			again = wait
		}
	}
	clear(f.serving)
	return again
}

// place returns the place in f.tracks of the track of that kind, or -1.
func (f *feed) place(k media.Kind) int {
	return slices.IndexFunc(f.tracks, func(t *media.Track) bool { return t.Codec.Kind() == k })
}

// adopt notes the tracks that players get: of pictures and of sound the one with the lowest ID whose codec can be sent.
func (f *feed) adopt(units []*media.Unit) {
	if len(units) == 0 {
		return
	}
	for _, u := range units {
		f.consider(u.Track, false)
	}
	if len(f.tracks) < 2 {
		for _, t := range f.stream.Tracks() {
			f.consider(t, false)
		}
	}
	if f.started {
		return
	}
	f.started = true
	if f.place(media.Video) >= 0 || f.stream.Expected().Video {
		f.shown = units[0].Wall // pictures are waited for
	}
	f.base = millis(units[0])
	for _, u := range units {
		if f.place(u.Track.Codec.Kind()) >= 0 {
			f.base = min(f.base, millis(u))
		}
	}
}

// consider makes t one of the tracks if there is no better one, and reports whether the tracks are others now. Only with newer does t
// replace what it has the ID of.
func (f *feed) consider(t *media.Track, newer bool) bool {
	if !f.relay.Encoding.Carries(t.Codec) {
		return false
	}
	i := f.place(t.Codec.Kind())
	switch {
	case i < 0:
		f.tracks = append(slices.Clone(f.tracks), t)
		slices.SortStableFunc(f.tracks, func(a, b *media.Track) int { return int(a.Codec.Kind()) - int(b.Codec.Kind()) })
		return true
	case t.ID < f.tracks[i].ID, newer && t.ID == f.tracks[i].ID && t != f.tracks[i]:
		f.tracks = slices.Clone(f.tracks)
		f.tracks[i] = t
		return true
	}
	return false
}

// picture reports whether decoding of pictures can start with u.
func (f *feed) picture(u *media.Unit) bool {
	i := f.place(media.Video)
	return u.RandomAccess && i >= 0 && u.Track.ID == f.tracks[i].ID && u.Track.Codec.Kind() == media.Video
}

// begins reports whether a player can start with u.
func (f *feed) begins(u *media.Unit) bool {
	return f.picture(u) || u.Track.Codec.Kind() == media.Audio && u.Wall.Sub(f.shown) >= silentPictures
}

// write encodes units as one block. None but the first is one that pictures can start with.
func (f *feed) write(units []*media.Unit) {
	size := chunkHead + chunkTail
	for _, t := range f.tracks {
		size += 2*len(t.Codec.Config()) + 1024
	}
	for _, u := range units {
		size += len(u.Payload) + unitRoom + len(u.Payload)>>16*perChunk
	}
	slab := f.relay.memory.Get(size)
	b := &block{unit: slab.NewUnit(), access: f.begins(units[0]), wall: units[0].Wall}
	b.unit.Retain()
	slab.Release()
	out := slab.Take(size)[:chunkHead]
	for i, u := range units {
		f.consider(u.Track, true)
		ms := f.millis(u)
		if !slices.Equal(f.told, f.tracks) {
			out = f.relay.Encoding.Config(out, f.tracks, ms)
			f.told = f.tracks
		}
		if i == 0 {
			b.known, b.tracks, b.ms = len(out)-chunkHead, f.tracks, ms
		}
		if !slices.Contains(f.tracks, u.Track) || len(u.Payload) == 0 {
			continue
		}
		if u.Track.Codec.Kind() == media.Video {
			f.shown = u.Wall
		}
		f.last = int64(ms)
		out = f.relay.Encoding.Unit(out, u, ms, offset(u))
	}
	n := len(out) - chunkHead
	if n == 0 {
		b.unit.Release()
		return
	}
	appendChunkHead(out[:0], n)
	b.whole = append(out, '\r', '\n')
	f.append(b)
}

// millis returns the time of a unit on the players' time line, which begins with what was remembered when the first of them came. It does
// not go below 0: where the stream's steps back so far, the players' goes on.
func (f *feed) millis(u *media.Unit) uint32 {
	ms := millis(u) - f.base
	if ms < 0 {
		f.base += ms - f.last
		ms = f.last
	}
	return uint32(ms)
}

func millis(u *media.Unit) int64 { return media.Rescale(u.DTS, u.Track.Timescale, 1000) }

// offset returns how much later than decoded a unit is shown, in what FLV and RTMP have room for.
func offset(u *media.Unit) int32 {
	cts := media.Rescale(u.PTS, u.Track.Timescale, 1000) - millis(u)
	return int32(min(max(cts, -1<<23), 1<<23-1))
}
