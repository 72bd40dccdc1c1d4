package relay

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http/httputil"
	"slices"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"aircheck/ingest/media"
	"aircheck/ingest/media/mediatest"
	"aircheck/ingest/stream"
)

const patience = 30 * time.Second

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// eventually waits for a condition of another goroutine.
func eventually(t testing.TB, what string, ok func() bool) {
	t.Helper()
	deadline := time.NewTimer(patience)
	defer deadline.Stop()
	tick := time.NewTicker(2 * time.Millisecond)
	defer tick.Stop()
	for !ok() {
		select {
		case <-tick.C:
		case <-deadline.C:
			t.Fatalf("waited in vain for %s", what)
		}
	}
}

// fixture is a relay and a stream to be relayed.
type fixture struct {
	*Relay
	t      testing.TB
	hub    *stream.Hub
	stream *stream.Stream
	// written are the units so far.
	written []*media.Unit
}

func newFixture(t testing.TB, change func(*Relay)) *fixture {
	t.Helper()
	f := &fixture{Relay: &Relay{Encoding: FLV{}}, t: t, hub: &stream.Hub{GOP: 64 << 20, TotalGOP: 64 << 20}}
	f.memory.Poison = true
	if change != nil {
		change(f.Relay)
	}
	st, err := f.hub.Publish(stream.Publisher{Key: media.StreamKey{Domain: "d", App: "live", Stream: "show"}})
	if err != nil {
		t.Fatal(err)
	}
	f.stream = st
	t.Cleanup(func() {
		f.hub.Close()
		f.Close()
		if s := f.Stats(); s.Players != 0 {
			t.Errorf("%d players left", s.Players)
		}
	})
	return f
}

// write writes copies of units whose memory is overwritten once they are released.
func (f *fixture) write(units ...*media.Unit) {
	f.t.Helper()
	f.written = append(f.written, units...)
	lent, done := mediatest.Lend(units)
	defer done()
	if err := f.stream.Write(lent); err != nil {
		f.t.Fatal(err)
	}
}

// viewer is a player's other end.
type viewer struct {
	net.Conn
	player *Player
	over   chan struct{}

	mu   sync.Mutex
	tags []tag
	err  error
}

type tag struct {
	kind byte
	ms   uint32
	data []byte
}

// media tells units from configurations and metadata.
func (t tag) media() bool { return t.kind != tagScript && !t.config() }

func (t tag) config() bool {
	switch {
	case t.kind == tagScript:
		return false
	case t.data[0]&enhancedVideo != 0 && t.kind == tagVideo, t.data[0]>>4 == enhancedAudio && t.kind == tagAudio:
		return t.data[0]&15 == packetConfig
	}
	return t.data[1] == packetConfig
}

// link makes the two ends of a connection of a kind: "tcp" is written to without waiting, "pipe" by a goroutine, "narrow" takes little.
func link(t testing.TB, kind string) (server, client net.Conn) {
	t.Helper()
	if kind == "pipe" {
		return net.Pipe()
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	if client, err = net.Dial("tcp", l.Addr().String()); err != nil {
		t.Fatal(err)
	}
	if server, err = l.Accept(); err != nil {
		t.Fatal(err)
	}
	if kind == "narrow" {
		_ = server.(*net.TCPConn).SetWriteBuffer(4096)
		_ = client.(*net.TCPConn).SetReadBuffer(4096)
	}
	return server, client
}

// view joins a player that does not read yet.
func (f *fixture) view(kind string, chunked bool) *viewer {
	f.t.Helper()
	server, client := link(f.t, kind)
	v := &viewer{Conn: client, over: make(chan struct{})}
	v.player = f.Join(f.stream, server, Options{Chunked: chunked, Over: func() { close(v.over) }})
	f.t.Cleanup(func() {
		v.player.Close()
		_ = server.Close()
		_ = client.Close()
	})
	go func() { // as the owners of players do
		<-v.over
		if errors.Is(v.player.Err(), ErrEnded) {
			_ = server.(interface{ Close() error }).Close()
		}
	}()
	return v
}

// read has the player read, to the end.
func (v *viewer) read(chunked bool) *viewer {
	go func() {
		r := bufio.NewReaderSize(v.Conn, 64<<10)
		if chunked {
			r = bufio.NewReader(httputil.NewChunkedReader(r))
		}
		err := v.parse(r)
		v.mu.Lock()
		defer v.mu.Unlock()
		v.err = err
	}()
	return v
}

func (v *viewer) parse(r *bufio.Reader) error {
	head := make([]byte, 13)
	if _, err := io.ReadFull(r, head); err != nil {
		return err
	}
	if string(head[:4]) != "FLV\x01" {
		return fmt.Errorf("no FLV header: %x", head)
	}
	for {
		h := make([]byte, tagHeaderSize)
		if _, err := io.ReadFull(r, h); err != nil {
			return err
		}
		b := make([]byte, int(h[1])<<16|int(h[2])<<8|int(h[3]))
		if _, err := io.ReadFull(r, b); err != nil {
			return err
		}
		var tail [4]byte
		if _, err := io.ReadFull(r, tail[:]); err != nil {
			return err
		}
		if n := binary.BigEndian.Uint32(tail[:]); int(n) != len(h)+len(b) {
			return fmt.Errorf("a tag of %d bytes says %d behind it", len(h)+len(b), n)
		}
		v.mu.Lock()
		v.tags = append(v.tags, tag{h[0], uint32(h[7])<<24 | uint32(h[4])<<16 | uint32(h[5])<<8 | uint32(h[6]), b})
		v.mu.Unlock()
	}
}

// got returns the tags so far, and why there will be no more.
func (v *viewer) got() ([]tag, error) {
	v.mu.Lock()
	defer v.mu.Unlock()
	return slices.Clone(v.tags), v.err
}

// units waits for n units and returns the tags up to them.
func (v *viewer) units(t testing.TB, n int) (tags []tag) {
	t.Helper()
	eventually(t, fmt.Sprintf("%d units", n), func() bool {
		tags, _ = v.got()
		have := 0
		for _, g := range tags {
			if g.media() {
				have++
			}
		}
		return have >= n
	})
	return slices.DeleteFunc(tags, func(g tag) bool { return !g.media() })
}

// same checks that units came as they were written, from one on, with the times of the stream.
func same(t testing.TB, got []tag, want []*media.Unit) {
	t.Helper()
	if len(got) != len(want) {
		t.Fatalf("%d units, want %d", len(got), len(want))
	}
	shift := int64(got[0].ms) - millis(want[0])
	for i, g := range got {
		w := want[i]
		if !bytes.HasSuffix(g.data, w.Payload) || int64(g.ms)-shift != millis(w) {
			t.Fatalf("unit %d at %d ms is not the one written at %d ms", i, int64(g.ms)-shift, millis(w))
		}
		if key := g.data[0]>>4&7 == frameKey; g.kind == tagVideo && key != w.RandomAccess {
			t.Fatalf("unit %d: key %v, want %v", i, key, w.RandomAccess)
		}
	}
}
