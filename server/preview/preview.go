// Package preview makes pictures of live streams for the console: of what a stream remembers for those who join it, by ffmpeg. A stream and its
// publisher notice nothing of it but a reader that comes and goes at once.
package preview

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"sync"
	"time"

	"aircheck/ingest/media"
	"aircheck/ingest/stream"
	"aircheck/recorder/mp4"
	"aircheck/vod/ffmpeg"
)

// ErrNone: the stream has no picture at present.
var ErrNone = errors.New("the stream has no picture at present")

const (
	// fresh is how long a picture is shown to all who ask, and the reason why there is none told, before another is made.
	fresh = 10 * time.Second
	// kept is how long one that nobody asks for is remembered, and how long a stream is left alone of which ffmpeg could make none: others wait
	// for their turn while it tries.
	kept = time.Minute
	// long is the longer side of a picture in pixels; smaller ones stay as they are.
	long = 480
	// maxJPEG bounds a picture in bytes.
	maxJPEG = 1 << 20
)

// Maker makes pictures of streams, one at a time. Close it when done. Its methods may be called from any goroutine.
type Maker struct {
	// Runner runs ffmpeg. It should allow for little: one picture takes a fraction of a second.
	Runner *ffmpeg.Runner

	once  sync.Once
	ctx   context.Context
	stop  context.CancelFunc
	wait  sync.WaitGroup
	turn  chan struct{}
	mu    sync.Mutex
	shots map[string]*shot // by the stream's session
}

// shot is a picture of a stream, or what kept it from being made. What is below done is set once that is closed.
type shot struct {
	done chan struct{}
	at   time.Time
	jpeg []byte
	err  error
}

// finished reports whether it was made that long ago.
func (s *shot) finished(ago time.Duration) bool {
	select {
	case <-s.done:
		return time.Since(s.at) >= ago
	default:
		return false
	}
}

// good reports whether it still answers those who ask.
func (s *shot) good() bool {
	if !s.finished(fresh) {
		return true
	}
	return s.err != nil && !errors.Is(s.err, ErrNone) && !s.finished(kept)
}

func (m *Maker) prepare() {
	m.ctx, m.stop = context.WithCancel(context.Background())
	m.turn = make(chan struct{}, 1)
	m.shots = map[string]*shot{}
}

// Close gives up what is being made. There are no pictures afterwards.
func (m *Maker) Close() {
	m.once.Do(m.prepare)
	m.mu.Lock()
	m.stop()
	m.mu.Unlock()
	m.wait.Wait()
}

// Able returns an error, of package ffmpeg, if no pictures can be made.
func (m *Maker) Able() error {
	_, err := m.Runner.Find()
	return err
}

// Offers reports whether a stream has a track that pictures can be made of.
func Offers(st *stream.Stream) bool {
	for _, t := range st.Tracks() {
		if t.Codec.Kind() == media.Video && (mp4.Format{}).Supports(t.Codec) {
			return true
		}
	}
	return false
}

// Picture returns a JPEG of the stream's newest random access point, some seconds old at most. ErrNone, an error of package ffmpeg, or that of ctx.
func (m *Maker) Picture(ctx context.Context, st *stream.Stream) ([]byte, error) {
	if err := m.Able(); err != nil {
		return nil, err
	}
	s, err := m.shot(st)
	if err != nil {
		return nil, err
	}
	select {
	case <-s.done:
		return s.jpeg, s.err
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// shot returns the stream's picture, or one that is being made now. Whoever asks meanwhile gets the same.
func (m *Maker) shot(st *stream.Stream) (*shot, error) {
	m.once.Do(m.prepare)
	m.mu.Lock()
	defer m.mu.Unlock()
	if s := m.shots[st.ID]; s != nil && s.good() {
		return s, nil
	}
	if err := m.ctx.Err(); err != nil {
		return nil, err
	}
	maps.DeleteFunc(m.shots, func(_ string, s *shot) bool { return s.finished(kept) })
	s := &shot{done: make(chan struct{})}
	m.shots[st.ID] = s
	m.wait.Go(func() {
		defer close(s.done)
		s.jpeg, s.err = m.take(st)
		s.at = time.Now()
	})
	return s, nil
}

// take waits for its turn and makes a picture of what the stream remembers then.
func (m *Maker) take(st *stream.Stream) ([]byte, error) {
	select {
	case m.turn <- struct{}{}:
		defer func() { <-m.turn }()
	case <-m.ctx.Done():
		return nil, m.ctx.Err()
	}
	film, err := newest(st)
	if err != nil {
		return nil, err
	}
	return m.develop(film)
}

// newest returns a stream's newest random access point as a film of one picture.
func newest(st *stream.Stream) ([]byte, error) {
	r := st.NewReader(stream.ReaderOptions{Backlog: true, Spare: true})
	defer r.Close()
	var film []byte
	for _, u := range r.Take().Units {
		if film == nil && u.RandomAccess && u.Track.Codec.Kind() == media.Video && len(u.Payload) > 0 {
			film = filmOf(u)
		}
		u.Release()
	}
	if film == nil {
		return nil, ErrNone
	}
	return film, nil
}

// filmOf returns fragmented MP4 of a picture; nil if MP4 does not know its codec.
func filmOf(u *media.Unit) []byte {
	const second = 1000
	track := &media.Track{ID: 1, Codec: u.Track.Codec, Timescale: second}
	if !(mp4.Format{}).Supports(track.Codec) {
		return nil
	}
	w, err := (mp4.Format{}).NewWriter([]*media.Track{track})
	if err != nil {
		return nil
	}
	out := w.Header(nil, 0)
	// A decoder that shows pictures late shows the first once there is another.
	for i := range int64(2) {
		if out, err = w.Append(out, &media.Unit{Track: track, PTS: i * second, DTS: i * second, RandomAccess: true, Payload: u.Payload}); err != nil {
			return nil
		}
	}
	return w.Flush(out)
}

// develop makes a JPEG of a film's first picture. Nothing is written to a disk.
func (m *Maker) develop(film []byte) ([]byte, error) {
	in, feed, err := os.Pipe()
	if err != nil {
		return nil, fmt.Errorf("make a preview: %w", err)
	}
	drain, out, err := os.Pipe()
	if err != nil {
		return nil, errors.Join(fmt.Errorf("make a preview: %w", err), in.Close(), feed.Close())
	}
	var work sync.WaitGroup
	work.Go(func() {
		_, _ = feed.Write(film) // who does not read to the end has what it wants, or says what is wrong
		_ = feed.Close()
	})
	var jpeg []byte
	var fault error
	work.Go(func() {
		jpeg, fault = io.ReadAll(io.LimitReader(drain, maxJPEG+1))
		_ = drain.Close()
	})
	err = m.Runner.Run(m.ctx, job(in, out))
	_ = in.Close()
	_ = out.Close()
	work.Wait()
	switch {
	case err != nil:
		return nil, err
	case fault != nil:
		return nil, fmt.Errorf("make a preview: %w", fault)
	case len(jpeg) > maxJPEG || !bytes.HasPrefix(jpeg, []byte{0xff, 0xd8}):
		return nil, ErrNone
	}
	return jpeg, nil
}

func job(in, out *os.File) ffmpeg.Job {
	fit := fmt.Sprintf("scale=w='min(iw,%[1]d)':h='min(ih,%[1]d)':force_original_aspect_ratio=decrease:force_divisible_by=2", long)
	return ffmpeg.Job{
		Inputs: []ffmpeg.Input{{File: in, Format: "mov", Stream: true}},
		Outputs: []ffmpeg.Output{{File: out, Stream: true, Args: []string{
			"-map", "0:v:0", "-vf", fit, "-frames:v", "1", "-c:v", "mjpeg", "-pix_fmt", "yuvj420p", "-q:v", "6", "-f", "image2pipe",
		}}},
	}
}
