package play

import (
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/bluenviron/gohlslib/v2"

	"aircheck/ingest/media"
	"aircheck/ingest/stream"
)

var errNothing = errors.New("none of the stream's codecs can be played over HLS")

// unevenParts begins the muxer's complaint that parts differ in length.
const unevenParts = "part duration changed"

// muxer feeds one stream to HLS. Whenever a track's parameters change, a new edition replaces the one before.
type muxer struct {
	hls     *hls
	stream  *stream.Stream
	reader  *stream.Reader
	wake    chan struct{}
	quit    chan struct{}
	halt    func()
	started chan struct{} // closed when there was an edition
	done    chan struct{}
	asked   atomic.Int64 // when somebody last asked, in ns since 1970
	now     atomic.Pointer[edition]
	err     atomic.Pointer[error]

	base   time.Duration
	stale  bool // the edition is not for the tracks there are now
	warned map[string]bool
	uneven bool // it has been told that parts differ in length
}

// edition is a muxer with the tracks it was made for.
type edition struct {
	id     string
	mux    *gohlslib.Muxer
	tracks []*hlsTrack
	passed *media.Track // the last one of another kind that was looked at
}

func newMuxer(h *hls, st *stream.Stream) *muxer {
	m := &muxer{
		hls: h, stream: st, wake: make(chan struct{}, 1), quit: make(chan struct{}), started: make(chan struct{}),
		done: make(chan struct{}), warned: map[string]bool{},
	}
	m.halt = sync.OnceFunc(func() { close(m.quit) })
	m.reader = st.NewReader(stream.ReaderOptions{Backlog: true, Prompt: true, Notify: func() {
		select {
		case m.wake <- struct{}{}:
		default:
		}
	}})
	return m
}

func (m *muxer) touch() { m.asked.Store(time.Now().UnixNano()) }

func (m *muxer) run() {
	defer m.end()
	const look = time.Second
	tick := time.NewTicker(look)
	defer tick.Stop()
	for {
		select {
		case <-m.quit:
			return
		case <-tick.C:
			o := m.hls.server.HLS
			if !o.Always && time.Since(time.Unix(0, m.asked.Load())) > o.Idle {
				return
			}
		case <-m.wake:
			if !m.take() {
				return
			}
		}
	}
}

// end stops the muxer; requests that wait for more are answered.
func (m *muxer) end() {
	m.hls.forget(m)
	m.reader.Close()
	if e := m.now.Swap(nil); e != nil {
		e.mux.Close()
	}
	close(m.done)
}

// take feeds what the stream has delivered, and reports whether to go on.
func (m *muxer) take() bool {
	b := m.reader.Take()
	ok := true
	for _, u := range b.Units {
		if ok {
			ok = m.write(u)
		}
		u.Release()
	}
	return ok && b.End == nil
}

// write feeds a unit.
func (m *muxer) write(u *media.Unit) bool {
	e := m.now.Load()
	if e == nil || m.stale || e.changed(u.Track) {
		m.stale = true
		if e = m.renew(u); e == nil {
			return m.err.Load() == nil
		}
	}
	for _, t := range e.tracks {
		if t.track.ID != u.Track.ID || len(u.Payload) == 0 {
			continue
		}
		if err := t.write(e.mux, u, m.base); err != nil {
			m.warn("HLS leaves out a unit", err)
		}
	}
	return true
}

// changed reports whether a track is not the one the edition was made with, or the first of its kind.
func (e *edition) changed(t *media.Track) bool {
	for _, have := range e.tracks {
		if have.track.ID == t.ID {
			return have.track != t && !media.SameParameters(have.track.Codec, t.Codec)
		}
		if have.track.Codec.Kind() == t.Codec.Kind() {
			return false
		}
	}
	if e.passed == t {
		return false
	}
	e.passed = t
	_, err := newHLSTrack(t)
	return err == nil
}

// renew starts a new edition with the tracks that there are now, u's among them. It waits for a place to start at.
func (m *muxer) renew(u *media.Unit) *edition {
	tracks := m.choose(u.Track)
	if m.incomplete(tracks, u) {
		return nil
	}
	if len(tracks) == 0 {
		err := error(errNothing)
		m.err.Store(&err)
		return nil
	}
	if tracks[0].track.Codec.Kind() == media.Video && (u.Track.ID != tracks[0].track.ID || !u.RandomAccess) {
		return nil
	}
	o := m.hls.server.HLS
	e := &edition{tracks: tracks, mux: &gohlslib.Muxer{
		Variant: variant(o.LowLatency, tracks), SegmentCount: o.Segments, SegmentMinDuration: o.Segment, PartMinDuration: o.Part,
		SegmentMaxSize: uint64(o.MaxSegment), OnEncodeError: m.complaint,
	}}
	for _, t := range tracks {
		e.mux.Tracks = append(e.mux.Tracks, t.to)
	}
	var id [16]byte
	_, _ = rand.Read(id[:]) // never fails
	e.id = hex.EncodeToString(id[:])
	if err := e.mux.Start(); err != nil {
		err = fmt.Errorf("start: %w", err)
		m.err.Store(&err)
		m.warn("HLS", err)
		return nil
	}
	m.base = u.Time()
	m.stale = false
	old := m.now.Swap(e)
	if old != nil {
		old.mux.Close()
		return e
	}
	close(m.started)
	return e
}

// incomplete reports whether a track that the publisher promised is still to be waited for.
func (m *muxer) incomplete(tracks []*hlsTrack, u *media.Unit) bool {
	const longest = 2 * time.Second
	e := m.stream.Expected()
	return e.Known && e.Video && e.Audio && len(m.stream.Tracks()) < 2 && len(tracks) < 2 && u.Wall.Sub(m.stream.Start) < longest
}

// choose returns the tracks to be played: one of pictures, which comes first, and one of sound.
func (m *muxer) choose(current *media.Track) (out []*hlsTrack) {
	var best [media.Audio + 1]*hlsTrack
	for _, t := range append(m.stream.Tracks(), current) {
		if t.ID == current.ID {
			t = current
		}
		kind := t.Codec.Kind()
		if kind > media.Audio || best[kind] != nil && best[kind].track.ID <= t.ID {
			continue
		}
		to, err := newHLSTrack(t)
		if err != nil {
			m.warn("HLS leaves out a track", err)
			continue
		}
		best[kind] = to
	}
	for _, kind := range []media.Kind{media.Video, media.Audio} {
		if best[kind] != nil {
			out = append(out, best[kind])
		}
	}
	return out
}

// variant is low latency, or else segments that every player knows if their codecs allow it.
func variant(lowLatency bool, tracks []*hlsTrack) gohlslib.MuxerVariant {
	if lowLatency {
		return gohlslib.MuxerVariantLowLatency
	}
	for _, t := range tracks {
		if name := t.track.Codec.Name(); name != "h264" && name != "aac" {
			return gohlslib.MuxerVariantFMP4
		}
	}
	return gohlslib.MuxerVariantMPEGTS
}

// complaint logs what the muxer says of a stream that it takes all the same. That parts differ in length is told once: with times in whole
// milliseconds, which are RTMP's, the longest part is 200 ms now and 201 ms then.
func (m *muxer) complaint(err error) {
	if !strings.HasPrefix(err.Error(), unevenParts) {
		m.warn("HLS", err)
		return
	}
	if m.uneven {
		return
	}
	m.uneven = true
	lengths, _, _ := strings.Cut(strings.TrimPrefix(err.Error(), unevenParts+" "), " - ")
	m.hls.server.Log.Info("the parts of HLS segments differ in length, as frames do; if players on iOS stop, set hls.low_latency to false",
		"stream", m.stream.Key().String(), "parts", lengths)
}

// warn logs each complaint once for a stream.
func (m *muxer) warn(msg string, err error) {
	if m.warned[err.Error()] || len(m.warned) >= 8 {
		return
	}
	m.warned[err.Error()] = true
	m.hls.server.Log.Warn(msg, "stream", m.stream.Key().String(), "error", err)
}
